"""Joining a channel with another telephone: the human porter's."""

from typing import TYPE_CHECKING
from uuid import uuid4

from porteiro.phones.freeswitch import dial_string
from porteiro.phones.freeswitch.applications import DONE, Finish
from porteiro.phones.freeswitch.phone import FreeSwitchPhone
from porteiro.phones.freeswitch.profile import Profile, Times

if TYPE_CHECKING:
    from porteiro.phones.freeswitch.pbx import FreeSwitch
    from porteiro.phones.freeswitch.session import Session


class Partner:
    """The far end of a bridge: what its person says is heard by the channel's."""

    def __init__(self, session: "Session", profile: Profile, finish: Finish) -> None:
        """Be joined with `session`; `finish` is called when that is over."""
        self._session = session
        self._finish = finish
        self.phone = FreeSwitchPhone(profile.uuid, session.phone.options, self)

    def sound(self, pcm: bytes) -> None:
        """Carry what the partner says."""
        self._session.phone.hear(pcm)

    def key(self, digit: str) -> None:
        """Carry a key as a tone."""
        self._session.phone.mark("tone", digit)

    def hold(self) -> None:
        """Nothing: the partner's hold is not the channel's."""

    def resume(self) -> None:
        """Nothing, either."""

    def left(self) -> None:
        """Part from the channel, which goes on or ends as its variables say."""
        session = self._session
        session.partner = None
        if session.ended:
            return
        session.channel.unbridge("NORMAL_CLEARING")
        session.phone.mark("unbridged")
        variables = session.channel.variables
        hangs_up = variables.get("hangup_after_bridge") == "true"
        parks = variables.get("park_after_bridge") == "true"
        self._finish(DONE)
        if hangs_up and not parks:
            session.hang_up("NORMAL_CLEARING")


def bridge(pbx: "FreeSwitch", session: "Session", target: str, finish: Finish) -> None:
    """Ring the target and join it with the channel; `finish` when that is over."""
    pbx.run(_bridge(pbx, session, target, finish))


async def _bridge(pbx: "FreeSwitch", session: "Session", argument: str, finish: Finish) -> None:
    target = dial_string.target(argument)
    began = pbx.core.now()
    cause = await pbx.ring(target) if target else "DESTINATION_OUT_OF_ORDER"
    if session.ended:
        return
    channel = session.channel
    if target is None or cause:
        channel.set("originate_disposition", cause)
        channel.set("DIALSTATUS", cause)
        finish(DONE)
        if channel.variables.get("continue_on_fail") != "true":
            session.hang_up(cause)
        return
    far = _profile(session, target, Times(began, began, pbx.core.now()))
    partner = Partner(session, far, finish)
    channel.originated(far)
    session.partner = partner.phone
    channel.bridge(far)
    session.phone.mark("bridged", target.number)
    partner.phone.pick_up()
    pbx.numbers[target.number].picked_up(partner.phone)


def _profile(session: "Session", target: dial_string.Target, times: Times) -> Profile:
    own = session.channel.profile
    return Profile(
        target.variables.get("origination_uuid") or str(uuid4()),
        f"sofia/external/{target.endpoint.rpartition('/')[2]}",
        own.number,
        own.name,
        target.number,
        times,
        direction="outbound",
        username=own.number,
        dialplan=own.dialplan,
        callee_name=target.number,
        callee_number=target.number,
        index="",
    )
