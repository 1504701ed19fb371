"""Who heard, spoke and understood in a visit, and how long the parts of its turns took."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from porteiro.demo.story import Story
from porteiro.demo.turns import PARTS, parts_ms
from tests.providers.phone_ears import plain
from tests.providers.visits import Case, Witness

EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True)
class HeardLine:
    """One turn of a person: who made words of it, and who, if anybody, found facts in them."""

    role: str
    text: str
    heard_by: str
    understood_by: str


@dataclass(frozen=True, slots=True)
class VisitReport:
    """What came of a visit.

    `spoken_by` counts the phrases that each provider had part in; `part_p50_ms` are the
    medians of the turns' parts; `longest_wait_ms` is the longest that a person heard nothing
    after they had spoken.
    """

    name: str
    told: str
    decision: str
    gates: int
    seconds: float
    turns: int
    part_p50_ms: dict[str, float]
    longest_wait_ms: int
    lines: tuple[HeardLine, ...]
    spoken_by: dict[str, int]
    fillers: int
    interruptions: int

    @property
    def right(self) -> bool:
        """Whether the visit ended as it should: authorized, the gate opened once."""
        return self.decision == "authorized" and self.gates == 1


def report(case: Case, story: Story, witness: Witness) -> VisitReport:
    """Sum up a visit."""
    parts = [parts_ms(news) for news in story.of_kind("turn")]
    p50 = [median(each) for each in zip(*parts, strict=True)] or [0.0] * len(PARTS)
    says = list(story.of_kind("say"))
    return VisitReport(
        name=case.name,
        told=case.told,
        decision=story.last("ended", "decision"),
        gates=[news.text("result") for news in story.of_kind("gate")].count("opened"),
        seconds=round(story.news[-1].at - story.began, 1),
        turns=len(parts),
        part_p50_ms=dict(zip(PARTS, (round(ms, 1) for ms in p50), strict=True)),
        longest_wait_ms=round(1000 * max(_waits(story), default=0.0)),
        lines=tuple(_lines(story, witness)),
        spoken_by=dict(
            Counter(who for news in says for who in _speakers(news.text("text"), witness))
        ),
        fillers=sum(news.text("key") == "one_moment" for news in says),
        interruptions=len(list(story.of_kind("interrupted"))),
    )


def _waits(story: Story) -> Iterator[float]:
    """Yield the seconds from each end of a person's speech to Porteiro's next sound."""
    for _, phone in story.phones():
        said = None
        for mark in phone.marks:
            if mark.kind == "said":
                said = mark.at
            elif mark.kind == "says":
                said = None
            elif mark.kind == "phrase_begin" and said is not None:
                yield mark.at - said
                said = None


def _lines(story: Story, witness: Witness) -> Iterator[HeardLine]:
    heard, understood = list(witness.heard), {said: who for who, said in witness.understood}
    for news in story.of_kind("heard"):
        role, text = news.text("role"), news.text("text")
        found = next((each for each in heard if text and each[1] == plain(text)), None)
        if found:
            heard.remove(found)
        by_rules = "rules" if role == "visitor" else "judge"
        yield HeardLine(role, text, found[0] if found else EMBEDDED, understood.get(text, by_rules))


def _speakers(text: str, witness: Witness) -> list[str]:
    """Return whose voices are in a phrase."""
    left, speakers = text, []
    for mark in ("[gravação]", "[sinal]"):
        left = left.replace(mark, "")
    for who, words in sorted(witness.spoke, key=lambda spoke: -len(spoke[1])):
        if words in left:
            left = left.replace(words, "")
            speakers.append(who)
    return list(dict.fromkeys([*speakers, *([EMBEDDED] if left.strip() else [])]))
