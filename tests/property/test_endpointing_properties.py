from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from porteiro.audio.endpointing import (
    Endpointer,
    EndpointingOptions,
    TurnDropped,
    TurnEnded,
    TurnEvent,
    TurnStarted,
)
from tests.telephone_speech import noise, to_pcm

OPTIONS = EndpointingOptions(silence_s=0.3, max_turn_s=2.0)
SOUNDS = to_pcm(noise("pink", 1) * 300)


@dataclass(frozen=True)
class Step:
    """One thing that happens to an endpointer: frames, a pause, or the leg's own doing."""

    action: str
    loudness: float = 0.0
    frame_bytes: int = 320
    count: int = 1
    wait_s: float = 0.0


frames_of_sound = st.builds(
    Step,
    action=st.sampled_from(["push", "push", "push", "observe"]),
    loudness=st.sampled_from([0.0, 0.1, 1.0, 3.0, 10.0, 100.0]),
    frame_bytes=st.integers(0, 500).map(lambda samples: 2 * samples),
    count=st.integers(1, 40),
    wait_s=st.sampled_from([0.0, 0.02, 0.02, 0.1]),
)
other_steps = st.builds(
    Step,
    action=st.sampled_from(["idle", "open", "close"]),
    wait_s=st.sampled_from([0.0, 0.1, 0.5, 3.0]),
)
steps = st.lists(st.one_of(frames_of_sound, frames_of_sound, other_steps), max_size=30)


def loud(step: Step) -> bytes:
    scaled = [
        max(-32768, min(32767, int(step.loudness * sample)))
        for sample in memoryview(SOUNDS).cast("h")[: step.frame_bytes // 2]
    ]
    return b"".join(sample.to_bytes(2, "little", signed=True) for sample in scaled)


def act(endpointer: Endpointer, step: Step, pcm: bytes, now: float) -> TurnEvent | None:
    match step.action:
        case "push":
            return endpointer.push(pcm, now)
        case "observe":
            endpointer.observe(pcm)
        case "idle":
            return endpointer.idle(now)
        case "open":
            endpointer.open(now)
        case "close":
            endpointer.close()
    return None


@settings(max_examples=150, deadline=None)
@given(steps)
def test_turns_start_before_they_end_and_are_bounded(happenings: list[Step]) -> None:
    endpointer = Endpointer(8000, OPTIONS)
    now, in_turn, began = 0.0, False, 0.0
    for step in happenings:
        pcm = loud(step)
        for _ in range(step.count):
            now += step.wait_s
            event = act(endpointer, step, pcm, now)
            if step.action in ("open", "close"):
                in_turn = False
            if isinstance(event, TurnStarted):
                assert not in_turn
                in_turn, began = True, now
                assert event.sound
                assert len(event.sound) / 16000 <= 0.3 + 0.3 + 2 * 0.06 + 2 * 500 / 8000
            elif isinstance(event, TurnEnded | TurnDropped):
                assert in_turn
                in_turn = False
                assert 0 < event.speech_s <= OPTIONS.max_turn_s + 0.02
            if isinstance(event, TurnEnded):
                assert event.ended_at <= now
            assert endpointer.in_turn == in_turn
            if in_turn:
                assert endpointer.next_check is not None
                assert endpointer.next_check <= began + OPTIONS.max_turn_s


@settings(max_examples=150, deadline=None)
@given(steps)
def test_whatever_came_before_idle_calls_alone_bring_it_to_rest(happenings: list[Step]) -> None:
    endpointer = Endpointer(8000, OPTIONS)
    now = 0.0
    for step in happenings:
        pcm = loud(step)
        for _ in range(step.count):
            now += step.wait_s
            act(endpointer, step, pcm, now)
    for _ in range(10):
        check = endpointer.next_check
        if check is None:
            break
        now = max(now, check)
        endpointer.idle(now)
    assert endpointer.next_check is None
    assert not endpointer.in_turn
