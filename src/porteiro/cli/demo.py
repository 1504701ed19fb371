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


async def demo(  # noqa: PLR0913  one parameter an option of the command
    *,
    pbx: Pbx = Pbx.ASTERISK,
    resident: Behaviour = Behaviour.AUTHORIZES,
    visitor: str = "",
    by_voice: Annotated[bool, Parameter(negative="")] = False,
    interrupts: Annotated[bool, Parameter(negative="")] = False,
    visits: Annotated[int, Parameter(validator=Number(gte=1, lte=50))] = 1,
    fast: Annotated[bool, Parameter(negative="")] = False,
    out: Path = Path("demo"),
    seed: int = 1,
) -> int:
    """Show a whole visit, live: a visitor, Porteiro and a resident, on real sockets.

    Starts the real server with its embedded defaults, and two simulated phones that speak
    synthesized Portuguese. Needs no account, no key, no network. The exit status is 0 only
    if every visit ended as it should.

    Parameters
    ----------
    pbx
        Over which PBX's wire the phones come: Asterisk's AudioSocket, or FreeSWITCH's
        stream and event socket, played by a stand-in.
    resident
        What the resident does with the call.
    visitor
        What the visitor says first, in Portuguese; the embedded recognition hears short
        answers best ("tenho uma entrega").
    by_voice
        The visitor says the apartment and the resident's name instead of keying the
        apartment, which takes some 20 s more.
    interrupts
        The visitor speaks before Porteiro has finished.
    visits
        How many visits come at once, 1 to 50.
    fast
        Leave out long ringing and slow reactions.
    out
        Folder for the visit's sound (WAV, left the visitor's line, right the resident's),
        its timeline (PNG), its record and the server's log.
    seed
        The same number gives the same reaction times.
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
