"""What people hear when processes and sockets really break: what the page tells, and tests hold."""

_OPENED = "Entrada autorizada. O portão vai abrir, pode entrar."
_THANKS = "Obrigado. Vou liberar a entrada. Até logo."
_WAIT = "Certo. Aguarde um momento, por favor."
_NO_GATE = "O portão não respondeu. Por favor, chame novamente em alguns instantes."
_GATE_FAILED = "authorized, the gate failed, gate failed"

_LONGEST_WORDS = 75

Row = tuple[str, str, str]
"""What the visitor and the resident heard last, and how it ended."""

ROWS: dict[str, Row] = {
    "nothing": (_OPENED, _THANKS, "authorized, gate opened"),
    "visitor's socket is reset": (
        _WAIT,
        "A pessoa no portão desligou. Obrigado, até logo.",
        "visitor left",
    ),
    "resident's socket is reset": (
        "Não consegui a autorização agora. Por favor, tente mais tarde. Até logo.",
        "… a entrada? Diga sim ou não, ou tecle 1 para autorizar, 2 para negar.",
        "resident left",
    ),
    "visitor's PBX reads nothing": ("nothing", "", "visitor left"),
    "recognition worker is killed in a turn": (
        "Entrada autorizada. O portão vai abrir, pode fazer a entrega.",
        _THANKS,
        "authorized, gate opened",
    ),
    "gate takes the connection and never answers": (_NO_GATE, _THANKS, _GATE_FAILED),
    "broker before the gate is killed": (_NO_GATE, _THANKS, _GATE_FAILED),
    "PostgreSQL is frozen": (_OPENED, _THANKS, "authorized, gate opened"),
    "Asterisk's manager is reset as it rings": (
        "Não consegui contato agora. Por favor, tente mais tarde. Até logo.",
        "",
        "resident not reached",
    ),
    "disk is full": (_OPENED, _THANKS, "authorized, gate opened"),
}

HEAD = """
## Processes and sockets that really break

Above it is played on a virtual clock, here on a running `porteiro serve` beside a PostgreSQL, a
RabbitMQ, a gate's relay and an Asterisk manager, with AudioSocket phones. All but the first and
the last happened at once. What is broken breaks while the resident is asked, unless its name says
another moment; the resident then presses 1. Whoever was left on a line heard words and was hung
up, nothing of a call was left, and each visit came into the database once: where that was frozen,
or the disk took nothing, as soon as it was back. A full disk is a process whose files may not
grow any more: journal, log and the record of visits all fail. A PBX that reads nothing for 2 s
is dropped. The turn during which the recognizer was killed was heard, by the next one.

"Vou liberar a entrada" is said when the decision is taken; a gate that then fails is told to the
visitor alone, since the resident has hung up by then.

| what broke | the visitor heard last | the resident heard last | end |
| --- | --- | --- | --- |"""


def shortened(words: str) -> str:
    """Return the end of what was said."""
    if len(words) < _LONGEST_WORDS:
        return words
    return f"… {words[-_LONGEST_WORDS:].partition(' ')[2]}"


def row(fault: str, told: Row) -> str:
    """Return a line of the page."""
    return f"| {fault} | {' | '.join(told)} |"


def section() -> str:
    """Return this part of the page."""
    return "\n".join([HEAD, *(row(fault, told) for fault, told in ROWS.items()), ""])
