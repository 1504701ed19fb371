"""`porteiro demo`: one visit, live."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console

from porteiro.demo.building import DemoOptions, Pbx
from porteiro.demo.show import show
from porteiro.errors import PorteiroError
from porteiro.phones.reactions import Behaviour

_Pbx = Annotated[
    Pbx,
    Parameter(
        help="Over which PBX's wire the phones come: Asterisk's AudioSocket, or FreeSWITCH's "
        "stream and event socket, played by a stand-in."
    ),
]
_Resident = Annotated[Behaviour, Parameter(help="What the resident does with the call.")]
_Visitor = Annotated[
    str,
    Parameter(
        help="What the visitor says first, in Portuguese; the embedded recognition hears short "
        'answers best ("tenho uma entrega").'
    ),
]
_ByVoice = Annotated[
    bool,
    Parameter(
        negative="",
        help="The visitor says the apartment and the resident's name instead of keying the "
        "apartment, which takes some 20 s more.",
    ),
]
_Interrupts = Annotated[
    bool, Parameter(negative="", help="The visitor speaks before Porteiro has finished.")
]
_Visits = Annotated[
    int,
    Parameter(validator=Number(gte=1, lte=50), help="How many visits come at once, 1 to 50."),
]
_Fast = Annotated[bool, Parameter(negative="", help="Leave out long ringing and slow reactions.")]
_Out = Annotated[
    Path,
    Parameter(
        help="Folder for the visit's sound (WAV, left the visitor's line, right the resident's), "
        "its timeline (PNG), its record and the server's log."
    ),
]
_Seed = Annotated[int, Parameter(help="The same number gives the same reaction times.")]


async def demo(  # noqa: PLR0913  one parameter an option of the command
    *,
    pbx: _Pbx = Pbx.ASTERISK,
    resident: _Resident = Behaviour.AUTHORIZES,
    visitor: _Visitor = "",
    by_voice: _ByVoice = False,
    interrupts: _Interrupts = False,
    visits: _Visits = 1,
    fast: _Fast = False,
    out: _Out = Path("demo"),
    seed: _Seed = 1,
) -> int:
    """Show a whole visit, live: a visitor, Porteiro and a resident, on real sockets.

    Starts the real server with its embedded defaults, and two simulated phones that speak
    synthesized Portuguese. Needs no account, no key, no network. The exit status is 0 only
    if every visit ended as it should.
    """
    options = DemoOptions(resident, visitor, by_voice, visits, fast, out, seed, pbx, interrupts)
    terminal = sys.stdout.isatty()
    console = Console(highlight=False, width=None if terminal else 100)
    try:
        right = await show(options, console)
    except (PorteiroError, OSError) as error:
        print(f"porteiro demo: {error}", file=sys.stderr)  # noqa: T201  one clear line
        return 1
    return 0 if right else 1
