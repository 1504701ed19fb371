import audioop
from dataclasses import dataclass, field

import numpy as np
import pytest
import soxr

from porteiro.audio.endpointing import (
    Endpointer,
    EndpointingOptions,
    TurnDropped,
    TurnEnded,
    TurnEvent,
    TurnStarted,
)
from porteiro.audio.energy import from_dbfs
from tests.telephone_speech import (
    RATE,
    Samples,
    Utterance,
    frames,
    noise,
    to_pcm,
    to_samples,
    utterances,
)

OPTIONS = EndpointingOptions()
ALL = [each for each in utterances() if each.said]
CLEAN = {each.said: each for each in ALL if each.snr_db is None}
# Babble 10 dB under where speech would be is left to the benchmark: its peaks are voices.
SILENT = [each for each in utterances() if not each.said and each.noise != "babble"]
LEAD_S = 0.5  # silence before speech in every recording


@dataclass
class Leg:
    """Hands frames to an endpointer as a line does, and keeps what comes of it."""

    options: EndpointingOptions = OPTIONS
    rate: int = RATE
    frame_ms: int = 20
    now: float = 0.0
    events: list[tuple[float, TurnEvent]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.endpointer = Endpointer(self.rate, self.options)

    def talk_over(self, pcm: bytes) -> None:
        """Let Porteiro talk while this comes in."""
        for frame in frames(pcm, self.frame_ms, self.rate):
            self.now += len(frame) / 2 / self.rate
            self.endpointer.observe(frame)

    def listen(self, *, tail: bool = False) -> "Leg":
        self.endpointer.open(self.now if tail else self.now - self.options.echo_tail_s)
        return self

    def hear(self, pcm: bytes) -> "Leg":
        for frame in frames(pcm, self.frame_ms, self.rate):
            self.now += len(frame) / 2 / self.rate
            self._keep(self.endpointer.push(frame, self.now))
        return self

    def hear_nothing(self, seconds: float) -> "Leg":
        """Let time pass without a frame, calling `idle` when the endpointer wants it."""
        until = self.now + seconds
        while (check := self.endpointer.next_check) is not None and check <= until:
            self.now = max(self.now, check)
            self._keep(self.endpointer.idle(self.now))
        self.now = until
        return self

    def _keep(self, event: TurnEvent | None) -> None:
        if event is not None:
            self.events.append((self.now, event))

    @property
    def kinds(self) -> list[type[TurnEvent]]:
        return [type(event) for _, event in self.events]

    def started(self) -> tuple[float, TurnStarted]:
        return next((at, event) for at, event in self.events if isinstance(event, TurnStarted))

    def ended(self) -> tuple[float, TurnEnded]:
        return next((at, event) for at, event in self.events if isinstance(event, TurnEnded))


ONE_TURN = [TurnStarted, TurnEnded]


def spoken(words: str, gain_db: float = 0.0) -> Samples:
    """Return the words alone, no silence around them."""
    begin, end = CLEAN[words].speech_s()
    return CLEAN[words].samples[round(begin * RATE) : round(end * RATE)] * 10 ** (gain_db / 20)


def silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * RATE))


def steady(kind: str, dbfs: float, seconds: float, seed: int = 1) -> bytes:
    return to_pcm(noise(kind, seconds, seed) * from_dbfs(dbfs))


def background(said: Utterance, seconds: float, seed: int) -> bytes:
    """Return noise as it lies under the recording."""
    if said.snr_db is None:
        return silence(seconds)
    lead = said.samples[: round((LEAD_S - 0.02) * RATE)]
    level = float(np.sqrt(np.mean(lead**2)))
    return to_pcm(noise(said.noise, seconds, seed) * level)


@pytest.mark.parametrize("said", ALL, ids=lambda said: said.name)
def test_an_utterance_is_exactly_one_turn_and_loses_nothing_at_its_start(said: Utterance) -> None:
    leg = Leg()
    leg.talk_over(background(said, 3, 1))
    begins = leg.now + LEAD_S
    leg.listen().hear(said.pcm + background(said, 3, 2))
    assert leg.kinds == ONE_TURN
    at, started = leg.started()
    sound_begins = at - len(started.sound) / 2 / RATE
    assert begins - OPTIONS.look_back_s - 0.02 <= sound_begins
    assert sound_begins <= begins - OPTIONS.look_back_s + 0.12
    assert said.pcm[:-4000].find(started.sound[len(started.sound) // 2 :]) >= 0


@pytest.mark.parametrize("silent", SILENT, ids=lambda silent: silent.name)
def test_noise_without_speech_is_no_turn(silent: Utterance) -> None:
    leg = Leg()
    leg.talk_over(silent.pcm)
    assert leg.listen().hear(silent.pcm).hear_nothing(2).kinds == []


@pytest.mark.parametrize("silent", SILENT, ids=lambda silent: silent.name)
def test_noise_from_the_first_frame_of_a_call_on_is_no_turn(silent: Utterance) -> None:
    assert Leg().listen().hear(silent.pcm).hear_nothing(2).kinds == []


@pytest.mark.parametrize("words", CLEAN)
def test_a_person_who_talks_from_the_very_first_frame_is_heard_from_it(words: str) -> None:
    leg = Leg().listen().hear(to_pcm(spoken(words)) + silence(1))
    assert leg.kinds == ONE_TURN
    at, started = leg.started()
    assert len(started.sound) / 2 / RATE == pytest.approx(at)


@pytest.mark.parametrize("words", ["sim", "não", "quem é"])
@pytest.mark.parametrize("gain_db", [-6, -12, -18, -24])
def test_a_short_answer_counts_at_low_level_too(words: str, gain_db: float) -> None:
    leg = Leg()
    leg.talk_over(steady("pink", -62, 2))
    quiet = to_pcm(spoken(words, gain_db) + noise("pink", 5)[: len(spoken(words))] * 26)
    leg.listen().hear(steady("pink", -62, 1) + quiet + steady("pink", -62, 2))
    assert leg.kinds == ONE_TURN


def test_a_yes_of_200_ms_counts() -> None:
    vowel = to_pcm(spoken("sim")[800:2400])
    leg = Leg().listen().hear(silence(1) + vowel + silence(1))
    assert leg.kinds == ONE_TURN
    assert leg.ended()[1].speech_s == pytest.approx(0.2, abs=0.041)


@pytest.mark.parametrize("length_ms", [2, 20, 40])
def test_a_click_is_no_turn(length_ms: int) -> None:
    click = to_pcm(noise("white", length_ms / 1000) * 8000)
    assert Leg().listen().hear(silence(1) + click + silence(2)).kinds == []


def test_a_knock_that_began_a_turn_is_dropped_and_the_turn_is_still_to_come() -> None:
    knock = to_pcm(noise("white", 0.07) * 8000)
    leg = Leg().listen().hear(silence(1) + knock + silence(1.5))
    assert leg.kinds == [TurnStarted, TurnDropped]
    leg.hear(to_pcm(spoken("sim")) + silence(1))
    assert leg.kinds == [TurnStarted, TurnDropped, *ONE_TURN]


@pytest.mark.parametrize("pause_s", [0.2, 0.4, 0.6])
def test_a_pause_shorter_than_the_silence_does_not_split_a_turn(pause_s: float) -> None:
    first, second = to_pcm(spoken("não")), to_pcm(spoken("quem é"))
    leg = Leg().listen().hear(silence(1) + first + silence(pause_s) + second + silence(1))
    assert leg.kinds == ONE_TURN


@pytest.mark.parametrize("silence_s", [0.4, 0.7, 1.5])
def test_a_turn_ends_when_the_person_was_silent_for_as_long_as_asked(silence_s: float) -> None:
    leg = Leg(EndpointingOptions(silence_s=silence_s)).listen()
    leg.hear(silence(1) + to_pcm(spoken("cento e um")))
    end = leg.now
    leg.hear(silence(2))
    at, ended = leg.ended()
    assert at == pytest.approx(end + silence_s, abs=0.05)
    assert ended.silence_s == pytest.approx(silence_s, abs=0.021)
    assert ended.ended_at == pytest.approx(end, abs=0.05)
    assert ended.speech_s == pytest.approx(end - 1, abs=0.07)


@pytest.mark.parametrize("frame_ms", [10, 20, 30, 40, 60, 80])
@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("words", ["sim", "cento e um", "vim fazer uma visita"])
def test_frame_size_and_rate_do_not_change_the_turn(frame_ms: int, rate: int, words: str) -> None:
    pcm = to_pcm(soxr.resample(CLEAN[words].samples, RATE, rate))
    leg = Leg(rate=rate, frame_ms=frame_ms)
    leg.listen().hear(pcm + bytes(2 * rate))
    usual = Leg().listen().hear(CLEAN[words].pcm + silence(1))
    assert leg.kinds == usual.kinds == ONE_TURN
    assert leg.started()[0] == pytest.approx(usual.started()[0], abs=0.081)
    assert leg.ended()[0] == pytest.approx(usual.ended()[0], abs=0.081)
    assert leg.ended()[1].speech_s == pytest.approx(usual.ended()[1].speech_s, abs=0.061)


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_click_in_a_long_frame_begins_no_turn(place: int) -> None:
    leg = Leg(frame_ms=80).listen().hear(silence(1.6))
    click = [silence(0.02)] * 4
    click[place] = to_pcm(spoken("cento e um")[800:960])
    for _ in range(5):
        leg.hear(b"".join(click)).hear(silence(0.32))
    assert leg.kinds == []


@pytest.mark.parametrize("said", ALL, ids=lambda said: said.name)
def test_a_phone_that_suppresses_silence_ends_its_turn_by_the_clock(said: Utterance) -> None:
    leg = Leg().listen()
    for frame in frames(said.pcm + silence(1)):
        if audioop.rms(frame, 2) > from_dbfs(-50):
            leg.hear(frame)
        else:
            leg.hear_nothing(0.02)
    leg.hear_nothing(2)
    assert leg.kinds == ONE_TURN
    assert leg.ended()[1].silence_s == pytest.approx(OPTIONS.silence_s, abs=0.021)


def test_frames_that_stop_in_the_middle_of_a_word_end_the_turn_by_the_clock() -> None:
    leg = Leg().listen().hear(silence(1) + to_pcm(spoken("cento e um")[:4000]))
    stopped = leg.now
    leg.hear_nothing(2)
    assert leg.kinds == ONE_TURN
    assert leg.ended()[0] == pytest.approx(stopped + OPTIONS.silence_s, abs=0.001)


def test_a_turn_whose_silence_nobody_checked_ends_with_the_next_frame() -> None:
    leg = Leg().listen().hear(silence(1) + to_pcm(spoken("sim")))
    leg.now += 3
    leg.hear(silence(0.02))
    assert leg.kinds == ONE_TURN


def test_a_yes_that_is_all_that_was_ever_sent_is_heard() -> None:
    leg = Leg().listen().hear(to_pcm(spoken("sim")[800:2400])).hear_nothing(2)
    assert leg.kinds == ONE_TURN


@pytest.mark.parametrize("burst", [2, 5, 10])
def test_frames_that_come_in_bursts_are_the_same_turn(burst: int) -> None:
    pcm = frames(silence(1) + CLEAN["vim fazer uma visita"].pcm + silence(1))
    leg = Leg().listen()
    for at in range(0, len(pcm), burst):
        leg.now += 0.02 * len(pcm[at : at + burst])
        for frame in pcm[at : at + burst]:
            leg._keep(leg.endpointer.push(frame, leg.now))
    assert leg.kinds == ONE_TURN
    usual = Leg().listen().hear(b"".join(pcm)).ended()[1]
    assert leg.ended()[1].speech_s == pytest.approx(usual.speech_s)


def test_a_long_talker_is_taken_at_the_latest_after_the_longest_turn() -> None:
    talk = to_pcm(np.resize(spoken("vim fazer uma visita"), 20 * RATE))
    leg = Leg().listen().hear(silence(1) + talk)
    assert leg.kinds == ONE_TURN
    assert leg.ended()[0] == pytest.approx(1 + OPTIONS.max_turn_s, abs=0.1)


@pytest.mark.parametrize("kind", ["white", "pink", "brown"])
@pytest.mark.parametrize("dbfs", [-40.0, -32.0])
def test_a_truck_that_arrives_is_dropped_within_seconds(kind: str, dbfs: float) -> None:
    leg = Leg().listen().hear(steady("pink", -58, 2))
    arrived = leg.now
    leg.hear(steady(kind, dbfs, 12))
    assert leg.kinds == [TurnStarted, TurnDropped]
    assert leg.events[1][0] - arrived < 4


def test_a_person_is_heard_over_the_truck_that_stayed() -> None:
    truck = noise("brown", 12) * from_dbfs(-36)
    words = spoken("vim fazer uma visita")
    truck[6 * RATE : 6 * RATE + len(words)] += words
    leg = Leg().listen().hear(steady("pink", -58, 2) + to_pcm(truck))
    assert leg.kinds == [TurnStarted, TurnDropped, *ONE_TURN]


@pytest.mark.parametrize("offset", [-2000, 300, 2000])
def test_a_constant_offset_changes_nothing(offset: int) -> None:
    pcm = silence(1) + CLEAN["sim"].pcm + silence(1)
    leg = Leg().listen().hear(audioop.bias(pcm, 2, offset))
    usual = Leg().listen().hear(pcm)
    assert leg.kinds == usual.kinds == ONE_TURN
    assert leg.ended()[1].speech_s == pytest.approx(usual.ended()[1].speech_s, abs=0.041)


@pytest.mark.parametrize("hertz", [50, 60, 120])
def test_hum_is_no_turn_and_hides_none(hertz: int) -> None:
    samples = to_samples(silence(2) + CLEAN["sim"].pcm + silence(2))
    hum = np.sin(2 * np.pi * hertz * np.arange(len(samples)) / RATE) * 400
    assert Leg().listen().hear(to_pcm(samples + hum)).kinds == ONE_TURN
    assert Leg().listen().hear(to_pcm(hum)).kinds == []


@pytest.mark.parametrize("gain_db", [0, -10, -20])
@pytest.mark.parametrize("delay_s", [0.05, 0.1, 0.2])
def test_an_echo_within_the_tail_is_no_turn(gain_db: float, delay_s: float) -> None:
    prompt = max(CLEAN.values(), key=lambda each: len(each.pcm))
    begin, end = prompt.speech_s()
    playing = prompt.samples[round(begin * RATE) : round(end * RATE)] * 10 ** (gain_db / 20)
    came_back = np.concatenate([np.zeros(round(delay_s * RATE)), playing])
    leg = Leg()
    leg.talk_over(to_pcm(came_back[: len(playing)]))
    leg.listen(tail=True).hear(to_pcm(came_back[len(playing) :]) + silence(2))
    assert leg.kinds == []


def test_an_answer_that_begins_in_the_tail_is_heard_from_its_first_sound() -> None:
    leg = Leg()
    leg.talk_over(silence(2))
    words = to_pcm(spoken("quem é"))
    leg.listen(tail=True).hear(silence(0.1) + words + silence(1))
    assert leg.kinds == ONE_TURN
    at, started = leg.started()
    assert at - len(started.sound) / 2 / RATE <= 2.1


def test_porteiros_own_echo_does_not_deafen_it_to_the_answer() -> None:
    prompt = max(CLEAN.values(), key=lambda each: len(each.pcm))
    leg = Leg()
    leg.talk_over(to_pcm(prompt.samples * 0.3))
    leg.listen(tail=True).hear(silence(0.4) + to_pcm(spoken("sim", -12)) + silence(1))
    assert leg.kinds == ONE_TURN


def test_no_turn_begins_while_it_is_closed_and_one_in_progress_is_forgotten() -> None:
    words = silence(0.5) + to_pcm(spoken("cento e um"))
    leg = Leg().hear(words + silence(1))
    assert not leg.events
    leg.listen().hear(words)
    leg.endpointer.close()
    leg.hear(silence(2)).hear_nothing(2)
    assert leg.kinds == [TurnStarted]


def test_after_a_turn_it_waits_to_be_opened_again_and_keeps_the_noise_floor() -> None:
    said = silence(0.5) + to_pcm(spoken("sim")) + silence(1)
    leg = Leg().listen().hear(said + said)
    assert leg.kinds == ONE_TURN
    leg.listen().hear(said)
    assert leg.kinds == ONE_TURN * 2


def test_what_came_before_a_gap_is_not_looked_back_to() -> None:
    leg = Leg().listen().hear(silence(1)).hear_nothing(5)
    leg.hear(to_pcm(spoken("cento e um")))
    at, started = leg.started()
    assert len(started.sound) / 2 / RATE == pytest.approx(at - 6)


def test_the_turns_sound_and_the_frames_after_it_are_all_that_was_said() -> None:
    pcm = CLEAN["cento e um"].pcm + silence(1)
    cut = frames(pcm, 30)
    endpointer = Endpointer(RATE, OPTIONS)
    endpointer.open(-1)
    heard: list[bytes] = []
    for number, frame in enumerate(cut):
        event = endpointer.push(frame, 0.03 * number)
        if isinstance(event, TurnStarted):
            heard = [event.sound]
        elif heard:
            heard.append(frame)
    assert pcm.endswith(b"".join(heard))
    assert len(b"".join(heard)) / 2 / RATE >= len(pcm) / 2 / RATE - 0.25
