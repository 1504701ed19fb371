"""Whatever comes and goes, and however late the loop is, the limits hold."""

from hypothesis import given
from hypothesis import strategies as st

from porteiro.calls.admission import Admission, AdmissionLimits, Refusal
from porteiro.clock import LoopClock

numbers = st.sampled_from(["1000", "2000", "3000"])
comes = st.tuples(st.just("comes"), numbers)
goes = st.tuples(st.just("goes"), numbers)
late = st.tuples(st.just("late"), st.sampled_from([0.0, 0.04, 0.06, 0.1, 0.2]))
drains = st.tuples(st.just("drains"), st.none())
steps = st.lists(st.one_of(comes, comes, goes, late, drains), max_size=80)


class World:
    """An admission, and what it should know, counted in another way."""

    def __init__(self, limits: AdmissionLimits) -> None:
        self.limits = limits
        self.lag_s = 0.0
        self.inside: list[str] = []
        self.draining = False
        self.admission = Admission(limits, LoopClock(), lambda: self.lag_s)

    def step(self, what: str, which: object) -> None:
        number = str(which)
        if what == "comes":
            refusal = self.admission.judge(number)
            self.right(refusal, number)
            if refusal is None:
                self.inside.append(number)
                self.admission.began(number)
        elif what == "goes" and number in self.inside:
            self.inside.remove(number)
            self.admission.ended(number)
        elif what == "late" and isinstance(which, float):
            self.lag_s = which
        elif what == "drains":
            self.draining = True
            self.admission.drain()

    def right(self, refusal: Refusal | None, number: str) -> None:
        """Hold that a refusal has its reason, and that a reason leads to a refusal."""
        full = len(self.inside) >= self.limits.calls
        most = self.limits.extension_calls
        extension_full = bool(most) and self.inside.count(number) >= most
        very_late = bool(self.inside) and self.lag_s > self.limits.lag_s
        must = {
            Refusal.DRAINING: self.draining,
            Refusal.CALLS: full,
            Refusal.LAG: very_late,
            Refusal.EXTENSION: extension_full,
        }
        may = must | {Refusal.LAG: bool(self.inside) and self.lag_s > self.limits.lag_s / 2}
        if refusal is None:
            assert not any(must.values())
        else:
            assert may[refusal]

    def shown(self) -> None:
        """Hold that what is shown is so."""
        capacity = self.admission.capacity(0, {})
        assert capacity.calls == len(self.inside) <= self.limits.calls
        assert (capacity.since is None) is (capacity.refusing is None)
        most = self.limits.extension_calls or len(self.inside)
        assert all(self.inside.count(number) <= most for number in self.inside)


@given(st.builds(AdmissionLimits, st.integers(1, 6), st.integers(0, 3), st.just(0.1)), steps)
def test_the_limits_hold_and_every_refusal_has_its_reason(
    limits: AdmissionLimits, taken: list[tuple[str, object]]
) -> None:
    world = World(limits)
    for what, which in taken:
        world.step(what, which)
        world.shown()
