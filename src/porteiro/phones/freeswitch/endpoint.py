"""What SIP and RTP write among a channel's variables: as in the recordings, filled in."""

from functools import cache
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote

from porteiro.phones.freeswitch.packets import Pairs

_TEMPLATES: Final = Path(__file__).with_name("templates")
_DIALPLAN: Final = "*"
"""Stands in a template where the dialplan's own variables come."""

ORIGINATED: Final = "originated"
EXECUTING: Final = "executing"
REPORTED: Final = "reported"


class Endpoint(Protocol):
    """Knows the variables that no command and no dialplan sets."""

    def news(self, occasion: str) -> Pairs:
        """Return what is set now: before an event of that name, or on an occasion above."""
        ...


class SipEndpoint:
    """A telephone on SIP, as in the recordings; `facts` fill the templates' places."""

    def __init__(self, facts: dict[str, str]) -> None:
        """Know the call's `uuid`, `number`, `name` and `destination`."""
        self._facts = facts
        self.left = False
        """Whether the person hung up: the BYE leaves its traces."""

    def news(self, occasion: str) -> Pairs:
        """Return what SIP and RTP tell on that occasion."""
        if occasion == REPORTED:
            said_bye = [] if self.left else [("sip_hangup_disposition", "send_bye")]
            return said_bye + filled("report", self._facts)
        if not self.left:
            return []
        if occasion == "CHANNEL_HANGUP":
            return filled("bye", self._facts)
        if occasion == "CHANNEL_UNPARK":
            return [("sip_hangup_disposition", "recv_bye")]
        return []


def filled(template: str, facts: dict[str, str], dialplan: Pairs | None = None) -> Pairs:
    """Return a template's variables with `facts` in their places, and the dialplan's among them."""
    pairs: Pairs = []
    for name, value in _template(template):
        if name == _DIALPLAN:
            pairs += dialplan or []
            continue
        whole = value
        for fact, known in facts.items():
            whole = whole.replace(f"{{{fact}}}", known)
        pairs.append((name, whole))
    return pairs


@cache
def _template(name: str) -> tuple[tuple[str, str], ...]:
    lines = (_TEMPLATES / f"{name}.txt").read_text(encoding="ascii").splitlines()
    return tuple((key, unquote(value)) for key, _, value in (x.partition(": ") for x in lines))
