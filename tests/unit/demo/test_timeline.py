from porteiro.demo.timeline import Flag, Span, Wave, timeline, voiced
from porteiro.phones.telephone import Ending, Mark
from tests.unit.demo.stories import BEGAN, authorized, heard_turn, interrupted, news, phone


def rounded(spans: tuple[Span, ...]) -> list[tuple[float, float, str]]:
    return [(round(span.begin, 1), round(span.end, 1), span.text) for span in spans]


def test_states_follow_each_other_without_gaps() -> None:
    line = timeline(authorized())
    assert rounded(line.states) == [
        (0, 5, "collecting"),
        (5, 9, "ringing"),
        (9, 15.9, "asking"),
        (15.9, 22, "closing"),
        (22, 22.6, "ended"),
    ]
    assert line.seconds == line.states[-1].end


def test_ringing_lasts_until_it_came_to_something() -> None:
    assert rounded(timeline(authorized()).rings) == [(5, 8.9, "answered")]


def test_an_attempt_that_never_ended_was_stopped() -> None:
    story = authorized()
    story.news = [item for item in story.news if item.kind != "ring_ended"]
    assert timeline(story).rings[0].text == "stopped"


def test_each_voice_is_laid_out_with_its_words() -> None:
    visitor, resident = timeline(authorized()).legs
    assert rounded(visitor.said) == [(3, 4, "“tenho uma entrega”")]
    assert rounded(visitor.heard) == [
        (0, 2, "Portaria, em que posso ajudar?"),
        (5, 7, "Certo. Aguarde."),
        (18, 21, "Entrada autorizada."),
    ]
    assert rounded(resident.heard)[1] == (16, 19, "Obrigado.")


def test_the_wait_for_an_answer_is_measured_at_the_phone() -> None:
    visitor, resident = timeline(authorized()).legs
    assert rounded(visitor.answers) == [(4, 5, "1000 ms")]
    assert rounded(resident.answers) == [(15, 16, "1000 ms")]


def test_keys_in_quick_succession_are_one_label() -> None:
    story = authorized()
    keys = [Mark(BEGAN + 2.0 + place / 5, "key", key) for place, key in enumerate("501#")]
    trace = phone([], [], 22)
    story.visitor = type(trace)(trace.recording, (*keys, *trace.marks), trace.ending)
    assert [span.text for span in timeline(story).legs[0].said] == ["keys 501#"]


def test_the_end_is_flagged_for_good_or_bad() -> None:
    flags = timeline(authorized()).flags
    assert [(flag.text, flag.tone) for flag in flags] == [
        ("authorized", "good"),
        ("gate opened", "good"),
        ("visitor hung up by Porteiro", "plain"),
        ("resident hung up by Porteiro", "plain"),
    ]


def test_a_resident_who_hung_up_is_told_apart() -> None:
    story = authorized()
    story.resident = phone([], [], 20, Ending.WE_HUNG_UP)
    assert Flag(20.0, "resident hung up") in timeline(story).flags


def test_a_failed_gate_is_bad() -> None:
    story = authorized()
    story.news.append(news(17, "gate", result="failed"))
    assert timeline(story).flags[2].tone == "bad"


def test_a_visit_without_a_resident_has_one_leg() -> None:
    story = authorized()
    story.resident = None
    assert [leg.name for leg in timeline(story).legs] == ["visitor"]


def test_a_breath_does_not_divide_a_phrase() -> None:
    loud, silent = [0.5] * 10, [0.0] * 20
    wave = Wave(0.0, 0.02, (*loud, *silent, *loud, *silent, *silent, *loud))
    assert rounded(tuple(voiced(wave))) == [(0.0, 0.8, ""), (1.6, 1.8, "")]


def test_silence_is_no_phrase() -> None:
    assert voiced(Wave(0.0, 0.02, (0.0, 0.001))) == []


def test_the_parts_of_a_turn_end_with_the_first_sound_of_its_answer() -> None:
    visitor, resident = timeline(interrupted()).legs
    (turn,) = visitor.turns
    assert list(turn.parts_ms) == [250, 620, 30, 80]
    assert (round(turn.begin, 2), round(turn.end, 2)) == (4.0, 4.98)
    assert resident.turns == ()


def test_a_turn_belongs_to_the_words_heard_last_on_its_line() -> None:
    story = authorized()
    story.news += [
        *heard_turn(4, "visitor", 700, 0, 0, 0)[:1],
        *heard_turn(8, "visitor", 700, 100, 0, -3),
        *heard_turn(8.5, "resident", 250, 0, 0, 0)[:1],
    ]
    story.news.sort(key=lambda item: item.at)
    (turn,) = timeline(story).legs[0].turns
    assert list(turn.parts_ms) == [700, 100, 0, 0]
    assert round(turn.begin, 1) == 7.2


def test_an_interruption_is_where_porteiro_fell_silent() -> None:
    visitor, _ = timeline(interrupted()).legs
    cut, filler = visitor.incidents
    assert (round(cut.at, 1), cut.text) == (2.0, "interrupted after 2.0 of 3.4 s")
    assert (round(filler.at, 1), filler.kind) == (5.0, "filler")


def test_a_filler_is_marked_and_no_part_of_what_was_said() -> None:
    visitor, _ = timeline(interrupted()).legs
    assert visitor.heard[1].text == "Certo. Aguarde."


def test_of_a_phrase_that_was_still_being_made_the_length_is_not_known() -> None:
    story = authorized()
    cut = news(3.4, "interrupted", role="visitor", key="greeting", played_s=1.25)
    story.news.insert(2, cut)
    (incident,) = timeline(story).legs[0].incidents
    assert incident.text == "interrupted after 1.2 s"
