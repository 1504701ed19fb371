"""The api commands of the stand-in: those that a concierge needs."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from porteiro.phones.freeswitch import dial_string
from porteiro.phones.freeswitch.applications import Order
from porteiro.phones.freeswitch.endpoint import filled
from porteiro.phones.freeswitch.profile import Profile, Times
from porteiro.phones.freeswitch.websocket import Address

if TYPE_CHECKING:
    from porteiro.phones.freeswitch.pbx import FreeSwitch
    from porteiro.phones.freeswitch.session import Session

_NO_CHANNEL: Final = "-ERR No such channel!\n"
_OK: Final = "+OK\n"
_STATUS: Final = """UP 0 years, 0 days, 0 hours, 0 minutes, 3 seconds, 140 milliseconds, 533 microseconds
FreeSWITCH (Version 1.10.12-release  64bit) is ready
{count} session(s) since startup
{count} session(s) - peak {count}, last 5min {count} 
{count} session(s) per Sec out of max 60, peak {count}, last 5min {count} 
200 session(s) max
min idle cpu 0.00/96.67
Current Stack Size/Max 240K/8192K
"""  # noqa: E501, W291  as FreeSWITCH writes it
_STREAM: Final = re.compile(
    r"(?P<action>start|stop|pause|resume|send_text)\b\s*"
    r"(?:(?P<url>wss?://\S+)\s+(?P<mix>mono|mixed|stereo)(?:\s+(?P<rate>8k|16k|8000|16000))?)?"
    r"\s*(?P<text>.*)",
    re.DOTALL,
)


async def run(pbx: "FreeSwitch", command: str) -> str:
    """Run one command, and return what FreeSWITCH says to it."""
    verb, _, argument = command.strip().partition(" ")
    if verb == "status":
        return _STATUS.format(count=len(pbx.sessions))
    if verb == "originate":
        return await _originate(pbx, argument)
    known = _CHANNEL_COMMANDS.get(verb)
    if known is None:
        return f"-ERR {verb} Command not found!\n"
    uuid, _, rest = argument.strip().partition(" ")
    session = pbx.sessions.get(uuid)
    if verb == "uuid_exists":
        return "true" if session is not None else "false"
    if session is None:
        return _NO_CHANNEL
    return await known(pbx, session, rest.strip())


async def _exists(_pbx: "FreeSwitch", _session: "Session", _rest: str) -> str:
    return "true"


async def _kill(_pbx: "FreeSwitch", session: "Session", cause: str) -> str:
    asyncio.get_running_loop().call_soon(session.hang_up, cause or "NORMAL_CLEARING")
    return _OK


async def _break(_pbx: "FreeSwitch", session: "Session", rest: str) -> str:
    session.break_off(everything=rest == "all")
    return _OK


async def _setvar(_pbx: "FreeSwitch", session: "Session", rest: str) -> str:
    name, _, value = rest.partition(" ")
    session.channel.set(name, value or None)
    return _OK


async def _getvar(_pbx: "FreeSwitch", session: "Session", rest: str) -> str:
    return session.channel.variables.get(rest, "_undef_")


async def _recv_dtmf(_pbx: "FreeSwitch", session: "Session", rest: str) -> str:
    for digit in rest.partition("@")[0]:
        session.channel.digit(digit, 2000, "APP")
    return _OK


async def _send_dtmf(_pbx: "FreeSwitch", session: "Session", rest: str) -> str:
    for digit in rest.partition("@")[0]:
        session.phone.mark("tone", digit)
    return _OK


async def _transfer(pbx: "FreeSwitch", session: "Session", rest: str) -> str:
    pbx.transfer(session, rest.partition(" ")[0])
    return _OK


async def _broadcast(_pbx: "FreeSwitch", session: "Session", rest: str) -> str:
    app, _, argument = rest.partition("::")
    path = rest.partition(" ")[0]
    order = Order(app, argument, lock=False) if argument else Order("playback", path, lock=False)
    session.applications.execute(order)
    return "+OK Message sent\n"


async def _audio_stream(pbx: "FreeSwitch", session: "Session", rest: str) -> str:
    """Start a stream, stop it, pause it, or send a text over it."""
    found = _STREAM.fullmatch(rest)
    if found is None:
        return "-USAGE: <uuid> [start | stop | send_text | pause | resume ] [wss-url | path]\n"
    action, text = found["action"], found["text"].strip()
    if action == "start" and found["url"]:
        address = Address(found["url"], deflate=pbx.options.deflate)
        rate = 16_000 if (found["rate"] or "").startswith("16") else 8_000
        metadata = text or pbx.options.metadata
        begun = await session.start_stream(pbx.options.module, address, rate, metadata)
        return "+OK Success\n" if begun else "-ERR Operation Failed\n"
    stream = session.stream
    if stream is None:
        return "-ERR Operation Failed\n"
    if action == "stop":
        stream.stop(text)
    elif action == "send_text":
        stream.text(text)
    else:
        stream.paused = action == "pause"
    return "+OK Success\n"


async def _originate(pbx: "FreeSwitch", argument: str) -> str:
    """Ring somebody, and put whoever answers to an application."""
    order = dial_string.origination(argument)
    if order is None:
        return "-USAGE: <call url> <exten>|&<application_name>(<app_args>)\n"
    target = order.target
    uuid = target.variables.get("origination_uuid") or str(uuid4())
    if uuid in pbx.sessions:
        return "-ERR DESTINATION_OUT_OF_ORDER\n"
    session = _outbound(pbx, target, uuid)
    cause = await _rung(pbx, session, target)
    if session.ended:
        return f"-ERR {session.channel.cause}\n"
    if cause:
        session.hang_up(cause)
        return f"-ERR {cause}\n"
    session.channel.running = session.channel.state = ("CS_CONSUME_MEDIA", 7)
    session.channel.call_state = "DOWN"
    session.answer()
    session.channel.running = session.channel.state = ("CS_EXECUTE", 4)
    pbx.numbers[target.number].picked_up(session.phone)
    if order.app != "socket":
        session.stream_may_begin.set()
    else:
        pbx.run(pbx.hand_over(session, order.argument))
    return f"+OK {uuid}\n"


async def _rung(pbx: "FreeSwitch", session: "Session", target: dial_string.Target) -> str:
    """Ring until somebody answers, refuses, or the channel is killed; return the cause."""
    ringing = asyncio.create_task(pbx.ring(target))
    try:
        await asyncio.wait({ringing, session.gone}, return_when=asyncio.FIRST_COMPLETED)
        return ringing.result() if ringing.done() else session.channel.cause
    finally:
        ringing.cancel()


def _outbound(pbx: "FreeSwitch", target: dial_string.Target, uuid: str) -> "Session":
    """Create the channel of somebody who is rung."""
    variables = target.variables
    facts = pbx.facts(
        {
            "uuid": uuid,
            "destination": target.number,
            "number": variables.get("origination_caller_id_number", "0000000000"),
            "name": variables.get("origination_caller_id_name", ""),
        }
    )
    created = int(facts["created"])
    profile = Profile(
        uuid,
        f"sofia/external/{target.number}@127.0.0.1:5080",
        facts["number"],
        facts["name"],
        target.number,
        Times(created, created),
        direction="outbound",
        logical_direction="outbound",
        callee_name=target.number,
        callee_number=target.number,
        source="src/switch_ivr_originate.c",
    )
    return pbx.add(profile, filled("outbound", facts, list(variables.items())), facts)


_CHANNEL_COMMANDS: Final[dict[str, Callable[["FreeSwitch", "Session", str], Awaitable[str]]]] = {
    "uuid_audio_stream": _audio_stream,
    "uuid_break": _break,
    "uuid_broadcast": _broadcast,
    "uuid_exists": _exists,
    "uuid_getvar": _getvar,
    "uuid_kill": _kill,
    "uuid_recv_dtmf": _recv_dtmf,
    "uuid_send_dtmf": _send_dtmf,
    "uuid_setvar": _setvar,
    "uuid_transfer": _transfer,
}
