"""Many visits at once, whatever people do: nothing of one call ever comes up in another.

`PORTEIRO_LONG_TESTS=1` plays a great many more of them, and makes what fails smaller.
"""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from porteiro.dialogue.events import RingResult
from porteiro.dialogue.numbers import spell_digits
from porteiro.dialogue.words import fold
from tests.town import EXTENSIONS, PLACES, Person, Spoken, Town
from tests.virtual_time import VirtualTimeLoop
from tests.visits_at_once import NAMES, Act, Lived, Plan, hold_visit

LONG = bool(os.environ.get("PORTEIRO_LONG_TESTS"))
EXAMPLES = 2000 if LONG else 25
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if LONG else []))
LONGEST_S = 302.0
"""A call's 300 s, and what it takes to remove a line."""

YES = ("sim", "sim, pode entrar", "pode entrar", "pode abrir", "autorizo")
NO = ("não", "não pode entrar", "não autorizo", "não, não deixa entrar")
NEITHER = ("quem é?", "o quê?", "talvez", "espera um momento", "boa noite", "aham", "")


def said(texts: tuple[str, ...]) -> st.SearchStrategy[Act]:
    return st.builds(
        Act,
        st.just("say"),
        st.sampled_from(texts),
        at_once=st.booleans(),
        lost=st.sampled_from([0.0, 0.0, 0.1]),
    )


def keyed(keys: tuple[str, ...]) -> st.SearchStrategy[Act]:
    return st.builds(Act, st.just("keys"), st.sampled_from(keys), at_once=st.booleans())


seconds = st.floats(0.1, 8.0)
pauses = st.builds(Act, st.just("pause"), seconds=seconds, at_once=st.just(True))
holds = st.builds(Act, st.just("hold"), seconds=seconds, at_once=st.booleans())
visitor_extras = st.one_of(
    said(("alô?", "o quê?", "sim, pode entrar", "não sei", "aham", "")),
    said(("não, é o apartamento {other}",)),
    keyed(("*", "1", "#", "5")),
    pauses,
    holds,
)
openings = st.sampled_from(
    [
        [Act("say", "sou o {me}, tenho uma entrega pra {resident} do {apartment}")],
        [Act("say", "{me}, visita pra {resident} no {apartment}", at_once=True)],
        [Act("keys", "{apartment}#"), Act("say", "aqui é o {me}")],
        [
            Act("say", "é uma visita"),
            Act("say", "meu nome é {me}"),
            Act("say", "apartamento {apartment}", lost=0.1),
            Act("say", "{resident}"),
        ],
    ]
)
resident_acts = st.one_of(
    said(YES),
    said(YES),
    said(NO),
    said(NEITHER),
    keyed(("1", "2", "*", "5")),
    pauses,
    holds,
)
whenever = st.one_of(st.none(), st.none(), st.none(), st.floats(0.1, 60.0))
results = st.sampled_from([RingResult.ACCEPTED] * 5 + [*RingResult])


hasty = st.sampled_from(
    [
        (Act("pause", seconds=0.5, at_once=True), Act("say", text, at_once=True))
        for text in ("sim", "sim, pode entrar", "autorizo", "não autorizo", "não pode entrar")
    ]
)
"""An answer before the question was heard."""
firm = st.sampled_from(
    [(Act("say", text),) for text in ("sim", "pode entrar", "não autorizo", "talvez")]
)
twice = st.builds(lambda one, other: (*one, *other), hasty, firm)
elsewhere = st.sampled_from(
    [(Act("hold", "sim", seconds=1.5, at_once=at),) for at in (True, False)]
)
unclear = st.sampled_from([(Act("say", "quem é?"),), (Act("say", "talvez", at_once=True),)])
nothing = st.just((Act("pause", seconds=3.0),))
answers = st.lists(
    st.one_of(twice, hasty, firm, elsewhere, unclear, nothing), min_size=1, max_size=3
)
impatient = st.lists(
    st.sampled_from([Act("keys", "1"), Act("say", "sim, pode entrar"), Act("say", "sim")]),
    max_size=3,
)


@st.composite
def answered(draw: st.DrawFn) -> Plan:
    """Plan a visit whose resident is reached for sure, and may answer at the wrong moment."""
    sentence = Act("say", "sou o {me}, tenho uma entrega pra {resident} do {apartment}")
    return Plan(
        place=draw(st.integers(0, len(PLACES) - 1)),
        apartment="501",
        comes_at=draw(st.floats(0.0, 3.0)),
        visitor=(sentence, Act("pause", seconds=2.0), *draw(impatient)),
        visitor_leaves=None,
        rings=(RingResult.ACCEPTED,),
        answers_after=draw(st.floats(0.0, 2.0)),
        resident=tuple(act for acts in draw(answers) for act in acts),
        resident_leaves=draw(st.sampled_from([None, 12.0])),
        intrusion="none",
        intrudes_at=0.0,
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    acts = [*draw(openings)]
    for extra in draw(st.lists(visitor_extras, max_size=2)):
        acts.insert(draw(st.integers(0, len(acts))), extra)
    return Plan(
        place=draw(st.integers(0, len(PLACES) - 1)),
        apartment=draw(st.sampled_from(["501", "501", "502"])),
        comes_at=draw(st.floats(0.0, 15.0)),
        visitor=tuple(acts),
        visitor_leaves=draw(whenever),
        rings=tuple(draw(st.lists(results, min_size=1, max_size=3))),
        answers_after=draw(st.floats(0.0, 5.0)),
        resident=tuple(draw(st.lists(resident_acts, max_size=4))),
        resident_leaves=draw(whenever),
        intrusion=draw(
            st.sampled_from(
                ["none", "none", "takes over", "wrong door", "second resident", "a stranger"]
            )
        ),
        intrudes_at=draw(st.floats(0.0, 40.0)),
    )


def filled_in(plan: Plan, name: str) -> Plan:
    """Put the visit's own name and address into the visitor's words."""
    other = "502" if plan.apartment == "501" else "501"
    resident = PLACES[plan.place].guide.residents(plan.apartment)[0]
    words = {"me": name, "resident": resident, "apartment": plan.apartment, "other": other}
    acts = tuple(
        Act(act.what, act.text.format(**words), act.seconds, act.at_once, act.lost)
        for act in plan.visitor
    )
    fields = {slot: getattr(plan, slot) for slot in Plan.__slots__}
    return Plan(**fields | {"visitor": acts})


async def play(town: Town, planned: list[Plan]) -> list[Lived]:
    """Have all the visits at once, and wait until nobody is there any more."""
    async with asyncio.TaskGroup() as group:
        visits = [
            group.create_task(hold_visit(town, filled_in(plan, name), name))
            for plan, name in zip(planned, NAMES, strict=False)
        ]
    await town.over()
    await asyncio.sleep(5)
    return [visit.result() for visit in visits]


# ------------------------------------------------------------------------- what must hold


def wrongs(town: Town, visits: list[Lived]) -> Iterator[str]:
    """Yield every rule that was broken."""
    yield from (*town.ears.mixed, *town.reason.mixed)
    yield from town.left_over()
    for visit in visits:
        for what in (heard_amiss, recorded_amiss, rung_amiss, decided_amiss):
            for wrong in what(town, visit):
                yield f"{visit.name} at {visit.plan.place}: {wrong}"
        for person in (*visit.own, *visit.strangers):
            if person.left_at - person.came_at > LONGEST_S:
                yield f"{person.owner} was on the line until {person.left_at}"


def foreign_names(visit: Lived) -> set[str]:
    """Return every name that has no business in a visit's record."""
    places = {place.name for place in PLACES} - {PLACES[visit.plan.place].name}
    theirs = {
        name.split()[0]
        for index, place in enumerate(PLACES)
        for name in place.guide.residents()
        if index != visit.plan.place
    }
    return ({*NAMES} - {visit.name}) | places | theirs


def named(names: set[str], text: str) -> list[str]:
    folded = fold(text)
    return [name for name in sorted(names) if fold(name) in folded]


def heard_amiss(_: Town, visit: Lived) -> Iterator[str]:
    """Everybody hears what is said in their call, and visitors hear no resident's name."""
    residents = {name.split()[0] for place in PLACES for name in place.guide.residents()}
    for person in visit.own:
        words = person.words_heard()
        yield from (f"{person.role} heard of {n}" for n in named(foreign_names(visit), words))
        for _at, heard in person.heard:
            owner = heard.marked.owner
            if owner != "porteiro" and (person is visit.visitor or owner != visit.visitor.owner):
                yield f"{person.role} heard the voice of {owner}"
    for name in named(residents, visit.visitor.words_heard()):
        yield f"the visitor heard of {name}"
    strangers = " ".join(person.words_heard() for person in visit.strangers)
    for name in named(residents | {*NAMES} | {spell_digits("501")}, strangers):
        yield f"a stranger heard of {name}"


def recorded_amiss(town: Town, visit: Lived) -> Iterator[str]:
    """One record, of this visit's words alone."""
    records = [each for each in town.visits.visits if each.call_id == visit.call_id]
    if len(records) != 1:
        yield f"{len(records)} records"
        return
    (record,) = records
    extension = EXTENSIONS[visit.plan.place]
    if (record.extension, record.condominium_id) != (extension.number, extension.condominium_id):
        yield f"recorded at {record.extension}"
    facts = f"{record.visitor} {record.resident} {record.decided_by}"
    yield from (f"the record tells of {name}" for name in named(foreign_names(visit), facts))
    for line in record.transcript:
        yield from (f"recorded: {n}" for n in named(foreign_names(visit), line.text))
        person = visit.visitor if line.role == "visitor" else visit.resident
        if line.speaker == "porteiro" or person is None or line.text == "[gravação]":
            continue
        words = {word for spoken in person.spoken for word in spoken.text.split()}
        if not {*line.text.removeprefix("tecla ").split()} <= words:
            yield f"{line.role} never said {line.text!r}"


def rung_amiss(town: Town, visit: Lived) -> Iterator[str]:
    """The phones of the apartment that the visitor named ring, and no others."""
    extension = EXTENSIONS[visit.plan.place]
    mine = [each for each in town.dialer.requests if each.call_id == visit.call_id]
    for request in mine:
        if not request.number.startswith(str(extension.condominium_id)):
            yield f"rang {request.number}"
        if (request.extension, request.port) != (extension.number, extension.return_port):
            yield f"told a resident to come to {request.port}"
        if request.number[2:] == "501" and not any("501" in t for t in told(visit.visitor)):
            yield "rang an apartment that was not named"


def told(person: Person) -> list[str]:
    """Return what somebody said, and the keys that they pressed as one text."""
    keys = "".join(spoken.text for spoken in person.spoken if spoken.key)
    return [*(spoken.text for spoken in person.spoken if not spoken.key), keys]


def decided_amiss(town: Town, visit: Lived) -> Iterator[str]:
    """The gate hears one decision, of this visit, and opens on a clear yes alone."""
    orders = [order for _, order in town.gate.of(visit.call_id)]
    if len(set(orders)) > 1:
        yield f"several orders: {orders}"
    place = PLACES[visit.plan.place]
    for order in orders:
        facts = f"{order.visitor} {order.resident}"
        yield from (f"the gate is told of {n}" for n in named(foreign_names(visit), facts))
        if order.condominium_id != place.condominium_id:
            yield f"the gate of {order.condominium_id} was told"
        if order.resident and order.resident not in place.guide.residents(order.apartment):
            yield f"{order.resident} does not live in {order.apartment}"
        if not any(order.apartment in text for text in told(visit.visitor)):
            yield f"the gate is told of {order.apartment}, which nobody named"
    authorized = town.gate.authorized(visit.call_id)
    if authorized and not agreed(town, visit.resident, authorized[0][0]):
        yield f"the gate opened without a yes: {visit.resident and visit.resident.spoken}"


def agreed(town: Town, resident: Person | None, before: float) -> bool:
    """Return whether a resident had said a clear yes to what they had heard, or pressed 1."""
    if resident is None:
        return False
    could = [each for each in resident.spoken if each.began <= before and not each.on_hold]
    if any(each.key and each.text == "1" for each in could):
        return True
    asked = resident.heard_out("está no portão")
    return len(clear(could, asked)) >= (1 if town.ears.sure else 2)


def clear(spoken: list[Spoken], asked: float | None) -> list[Spoken]:
    """Return each yes that came after the resident knew who is at the gate."""
    if asked is None:
        return []
    # It takes up to 0.2 s to notice that somebody speaks.
    return [each for each in spoken if each.text in YES and each.began > asked - 0.2]


# ------------------------------------------------------------------------------ the tests


worlds = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 1000),
        "sure": st.booleans(),
        "late_s": st.sampled_from([0.0, 0.3, 2.0, 8.0]),
        "failing": st.sampled_from([0.0, 0.0, 0.3]),
        "closed_grammar": st.sampled_from([False, False, True]),
        "refusing": st.sampled_from([0.0, 0.5, 1.0]),
    }
)


@settings(
    max_examples=EXAMPLES,
    phases=PHASES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(planned=st.lists(plans(), min_size=2, max_size=6), world=worlds)
def test_nothing_of_one_call_comes_up_in_another(
    planned: list[Plan], world: dict[str, Any]
) -> None:
    assert evening(planned, world) == []


@settings(max_examples=EXAMPLES, phases=PHASES, deadline=None)
@given(
    planned=st.lists(answered(), min_size=3, max_size=5),
    sure=st.booleans(),
    late_s=st.sampled_from([0.0, 1.0]),
)
def test_an_answer_at_the_wrong_moment_opens_no_gate(
    planned: list[Plan], sure: bool, late_s: float
) -> None:
    assert evening(planned, {"sure": sure, "late_s": late_s}) == []


def evening(planned: list[Plan], world: dict[str, Any]) -> list[str]:
    """Play all the visits on a clock of their own; return what went wrong."""

    async def scene() -> list[str]:
        town = Town(**world)
        return [*wrongs(town, await play(town, planned))]

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(scene())
