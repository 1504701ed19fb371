"""What the words of a turn tell of its end, and what asking them costs.

Three tables: the turns written for these rules (`tests/data/turns`), the answers of residents
and the sentences of visitors that were collected for other tests before the rules were made.
Of the latter's beginnings, cut after each word, it is counted how many would be ended by a
pause there of 0.4 s and of 1 s, with the words and by silence alone. Prints JSON.
"""

import csv
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.machine import machine, quantile
from porteiro.condominiums.directory import Apartment, Directory
from porteiro.dialogue.back_channels import is_back_channel
from porteiro.dialogue.facts import Facts
from porteiro.dialogue.terms import Purpose, Question
from porteiro.dialogue.turn_ending import Ending, TurnEndingOptions, ending, silence_after
from porteiro.dialogue.words import tokens
from tests.turns import DIRECTORY, Said, answers, back_channels, clear_answers, unfinished

OPTIONS: Final = TurnEndingOptions()
SENTENCES: Final = Path(__file__).parents[1] / "tests" / "data" / "understanding"
ROUNDS: Final = 3
Table = dict[str, object]


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 0.0


def written_turns() -> Table:
    """Return how the turns of the test set fare: unfinished ones at their pauses, answers."""
    pauses = [each for turn in unfinished() for each in turn[:-1]]
    kept = [each for each in pauses if silence_after(each.ending(), OPTIONS) > each.pause_s]
    alone = [each for each in pauses if OPTIONS.open_s > each.pause_s]
    endings: dict[str, Counter[Ending]] = defaultdict(Counter)
    for each in answers():
        endings[each.asked][each.ending()] += 1
    listening = back_channels()
    right = [is_back_channel(said, asked) is expected for asked, said, expected in listening]
    return {
        "unfinished": {
            "turns": len(unfinished()),
            "pauses": len(pauses),
            "not_cut": _share(len(kept), len(pauses)),
            "not_cut_by_silence_alone": _share(len(alone), len(pauses)),
        },
        "complete_answers": {asked: _shares(counted) for asked, counted in endings.items()},
        "back_channels": {"count": len(right), "right": _share(sum(right), len(right))},
    }


def _shares(counted: Counter[Ending]) -> dict[str, float]:
    whole = counted.total()
    shares = {str(each): _share(counted[each], whole) for each in Ending}
    return {"count": whole, **shares}


def residents_answers() -> Table:
    """Return how the answers to "Você autoriza a entrada?" end, by what they are."""
    counted: dict[str, Counter[Ending]] = defaultdict(Counter)
    for text, expected in clear_answers():
        counted[expected][ending(text, Question.AUTHORIZE, DIRECTORY, Facts())] += 1
    return {expected: _shares(counted[expected]) for expected in ("yes", "no", "unclear")}


def visitors_sentences() -> Table:
    """Return how sentences that were collected for other tests end, whole and cut anywhere."""
    whole: Counter[Ending] = Counter()
    begun: Counter[Ending] = Counter()
    for said, question, directory, known in _sentences():
        words = tokens(said)
        whole[ending(said, question, directory, known)] += 1
        for end in range(1, len(words)):
            begun[ending(" ".join(words[:end]), question, directory, known)] += 1
    return {
        "whole": _shares(whole),
        "beginnings": _shares(begun),
        "not_cut_by_a_pause_after_any_word": {
            f"{pause_s} s": {
                "with_words": _share(_outlasting(begun, pause_s), begun.total()),
                "by_silence_alone": float(pause_s < OPTIONS.open_s),
            }
            for pause_s in (0.2, 0.4, 1.0)
        },
    }


def _outlasting(counted: Counter[Ending], pause_s: float) -> int:
    return sum(n for each, n in counted.items() if silence_after(each, OPTIONS) > pause_s)


def _sentences() -> Iterator[tuple[str, Question, Directory, Facts]]:
    for path in sorted(SENTENCES.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                home = Apartment(row["apartment"], (row["resident"],), ())
                directory = Directory((home,)) if row["apartment"] else DIRECTORY
                asked = Question(row["asked"] or "purpose")
                first = asked in {Question.PURPOSE, Question.CONFIRM_APARTMENT}
                known = Facts() if first else Facts(Purpose.DELIVERY, "Pedro")
                yield row["said"], asked, directory, known


def cost_us(directory: Directory) -> Table:
    """Return the microseconds of processor time of a call, for each partial of every turn."""
    turns = [turn[-1] for turn in unfinished()]
    partials = [
        Said(turn.asked, " ".join(turn.text.split()[:end]))
        for turn in [*turns, *answers()]
        for end in range(1, len(turn.text.split()) + 1)
    ]
    known = Facts(Purpose.DELIVERY, "Pedro")
    values = []
    for _ in range(ROUNDS):
        for each in partials:
            began = time.process_time_ns()
            ending(each.text, each.question, directory, known)
            values.append((time.process_time_ns() - began) / 1000)
    parts = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    spread = {name: quantile(values, part) for name, part in parts.items()}
    return {"calls": len(values), "mean": round(sum(values) / len(values), 1), **spread}


def _large() -> Directory:
    """Return 1000 apartments with two residents each, named from the words of a few names."""
    first = "Renata Camila Maria Leonardo Pedro Joana Tiago Rita Otávio Célia Hugo Lívia".split()  # noqa: SIM905
    last = "Oliveira Rezende Fonseca Lima Cunha Souza Prado Nunes Braga Melo Dias Pires".split()  # noqa: SIM905
    names = [f"{one} {two} {three}" for one in first for two in last for three in last]
    return Directory(
        Apartment(
            f"{'ABCDE'[n % 5]}-{n // 20 + 1}{n % 20 + 1:02d}",
            (names[n], names[-n]),
            (),
        )
        for n in range(1000)
    )


def main() -> None:
    """Measure and print."""
    figures = {
        "machine": machine(),
        "written_turns": written_turns(),
        "residents_answers": residents_answers(),
        "visitors_sentences": visitors_sentences(),
        "us_per_call": {"10 apartments": cost_us(DIRECTORY), "1000 apartments": cost_us(_large())},
    }
    json.dump(figures, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
