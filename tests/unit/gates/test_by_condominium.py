from dataclasses import replace

import pytest

from porteiro.calls.ports import Gate, GateOrder
from porteiro.condominiums.profile import Profile
from porteiro.dialogue.terms import Decision, Purpose
from porteiro.errors import GateError
from porteiro.gates.by_condominium import GatesByCondominium

ORDER = GateOrder(
    "c1", 15, Decision.AUTHORIZED, "501", "Renata", "João", Purpose.DELIVERY, 1_795_257_000.25
)


class CountingGate:
    """Fails as often as told before it confirms, and remembers which calls it heard of."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.heard: list[str] = []

    async def announce(self, order: GateOrder) -> None:
        self.heard.append(order.call_id)
        if len(self.heard) <= self.failures:
            raise GateError(f"jammed for {order.call_id}")


class Site:
    """Condominiums' profiles, and the gates that were made for them."""

    def __init__(
        self, profiles: dict[int, Profile], stubborn: dict[str, int] | None = None
    ) -> None:
        self.profiles = profiles
        self.made: dict[tuple[str, str], CountingGate] = {}
        self._stubborn = stubborn or {}
        self.gates = GatesByCondominium(("log",), self._profile, self._make)

    def _profile(self, condominium_id: int) -> Profile:
        return self.profiles.get(condominium_id, Profile())

    def _make(self, name: str, url: str) -> Gate:
        if name == "amqp":
            raise GateError("AMQP_URL is not set")
        assert (name, url) not in self.made
        self.made[name, url] = CountingGate(self._stubborn.get(name, 0))
        return self.made[name, url]

    def heard(self, name: str, url: str = "") -> list[str]:
        return self.made[name, url].heard


async def test_a_condominium_that_names_none_has_the_general_gates() -> None:
    site = Site({15: Profile(gate_url="http://a.example/")})
    await site.gates.announce(ORDER)
    await site.gates.announce(replace(ORDER, call_id="c2", condominium_id=99))
    assert site.heard("log") == ["c1", "c2"]
    assert list(site.made) == [("log", "")]


async def test_each_condominium_s_own_address_is_told_its_orders_alone() -> None:
    a, b = "http://a.example/", "http://b.example/"
    site = Site({1: Profile(gates=("http",), gate_url=a), 2: Profile(gates=("http",), gate_url=b)})
    for call_id, condominium_id in (("c1", 1), ("c2", 2), ("c3", 1)):
        await site.gates.announce(replace(ORDER, call_id=call_id, condominium_id=condominium_id))
    assert (site.heard("http", a), site.heard("http", b)) == (["c1", "c3"], ["c2"])


async def test_a_try_again_reaches_only_those_that_did_not_confirm() -> None:
    site = Site({15: Profile(gates=("log", "http"))}, stubborn={"http": 2})
    for _ in range(2):
        with pytest.raises(GateError, match="jammed for c1"):
            await site.gates.announce(ORDER)
    await site.gates.announce(ORDER)
    assert (site.heard("log"), site.heard("http")) == (["c1"], ["c1"] * 3)


async def test_a_try_again_goes_to_the_same_gates_though_the_profile_changed() -> None:
    site = Site({15: Profile(gates=("log", "http"))}, stubborn={"http": 1})
    with pytest.raises(GateError):
        await site.gates.announce(ORDER)
    site.profiles[15] = Profile(gates=("log",))
    await site.gates.announce(ORDER)
    await site.gates.announce(replace(ORDER, call_id="c2"))
    assert (site.heard("log"), site.heard("http")) == (["c1", "c2"], ["c1", "c1"])


async def test_a_gate_that_cannot_be_made_is_told_and_keeps_no_other_from_the_order() -> None:
    site = Site({15: Profile(gates=("amqp", "http"))})
    for _ in range(3):
        with pytest.raises(GateError, match=r"'amqp' of this condominium.*AMQP_URL is not set"):
            await site.gates.announce(ORDER)
    assert site.heard("http") == ["c1"]
    assert ("log", "") not in site.made


async def test_a_condominium_whose_only_gate_cannot_be_made_never_has_the_general_one() -> None:
    site = Site({15: Profile(gates=("amqp",))})
    with pytest.raises(GateError, match="AMQP_URL is not set"):
        await site.gates.announce(ORDER)
    assert not site.made


async def test_many_orders_that_never_come_again_are_forgotten() -> None:
    site = Site({15: Profile(gates=("amqp",))})
    for number in range(3000):
        with pytest.raises(GateError):
            await site.gates.announce(replace(ORDER, call_id=str(number)))
    assert len(site.gates._pending) < 2000
