"""`porteiro call`: a phone for trying any running server."""

import os
import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console

from porteiro.cli.calling import CallPlan, hold
from porteiro.dialogue.terms import Role
from porteiro.errors import PorteiroError, SettingsError
from porteiro.phones.telephone import Ending

USAGE_ERROR = 2
_PORTS = {Role.VISITOR: 8080, Role.RESIDENT: 8081}


_Address = Annotated[
    str,
    Parameter(
        help="HOST:PORT of the extension; by default this machine's port 8080, or 8081 for a "
        "resident."
    ),
]
_As = Annotated[Role, Parameter(name="--as", help="Whose phone this is.")]
_CallId = Annotated[
    str,
    Parameter(
        help="The call's id, a UUID; a visitor gets a new one, a resident needs the visitor's."
    ),
]
_Wav = Annotated[
    tuple[Path, ...],
    Parameter(negative="", help="A WAV file to say, of any rate; may be repeated."),
]
_Say = Annotated[
    tuple[str, ...],
    Parameter(
        negative="",
        help="A text to speak in Portuguese; one of nothing but keys is pressed. May be repeated.",
    ),
]
_Keys = Annotated[str, Parameter(help="Keys to press at the end, such as 501#.")]
_Microphone = Annotated[bool, Parameter(negative="", help="Talk and hear through the sound card.")]
_Record = Annotated[
    Path | None,
    Parameter(help="Write the call to this WAV file: left what was said, right what was heard."),
]
_Api = Annotated[
    str,
    Parameter(
        help="The server's API, such as http://127.0.0.1:8082, to show the words as well; a token "
        "is taken from PORTEIRO_API_TOKEN."
    ),
]
_Limit = Annotated[
    float,
    Parameter(validator=Number(gt=0, lte=3600), help="Seconds after which this phone hangs up."),
]


async def call(  # noqa: PLR0913  one parameter an option of the command
    address: _Address = "",
    /,
    *,
    as_: _As = Role.VISITOR,
    call_id: _CallId = "",
    wav: _Wav = (),
    say: _Say = (),
    keys: _Keys = "",
    microphone: _Microphone = False,
    record: _Record = None,
    api: _Api = "",
    limit: _Limit = 300.0,
) -> int:
    """Call a running server over AudioSocket, as a PBX does; show and record what is heard.

    What is given on the command line is said in this order: WAV files, texts, keys; each
    once Porteiro has stopped talking. On a terminal, lines that are typed are spoken at
    once, a line of nothing but keys (0-9 * #) is pressed, and Ctrl-D hangs up. The exit
    status is 0 if Porteiro ended the call properly, 1 if it ended otherwise, 2 if it never
    came about.
    """
    lines = (*say, keys) if keys else say
    token = os.environ.get("PORTEIRO_API_TOKEN", "")
    try:
        host, port = _address(address, as_)
        own_id = _call_id(call_id, as_)
        plan = CallPlan(host, port, as_, own_id, wav, lines, microphone, record, api, token, limit)
        return await _held(plan)
    except PorteiroError as error:
        return _refused(str(error))


async def _held(plan: CallPlan) -> int:
    """Hold the call; return the exit status."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 100)
    try:
        ending = await hold(plan, console)
    except OSError as error:
        reason = error.strerror or str(error) or "no answer"
        return _refused(f"{plan.host}:{plan.port} cannot be called: {reason}")
    return 0 if ending is Ending.PORTEIRO_HUNG_UP else 1


def _refused(reason: str) -> int:
    print(f"porteiro call: {reason}", file=sys.stderr)  # noqa: T201  one clear line
    return USAGE_ERROR


def _address(address: str, role: Role) -> tuple[str, int]:
    """Return host and port; either may be left out."""
    host, colon, port = address.rpartition(":") if ":" in address else (address, "", "")
    if colon and not (port.isdecimal() and 0 < int(port) < 65536):
        raise SettingsError(f"{address!r} is no HOST:PORT, such as 192.168.1.10:8080")
    return host.strip("[]") or "127.0.0.1", int(port) if port else _PORTS[role]


def _call_id(given: str, role: Role) -> str:
    """Return the call id in dashed form; a visitor without one gets a new one."""
    if not given and role is Role.VISITOR:
        return str(uuid4())
    if not given:
        raise SettingsError("a resident's phone needs --call-id: the id of the visitor's call")
    try:
        return str(UUID(given))
    except ValueError:
        raise SettingsError(f"{given!r} is no call id: it must be a UUID") from None
