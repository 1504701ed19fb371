"""What is said to FreeSWITCH's event socket, as bytes.

No value can add a line: a CR, LF or NUL in any of them raises `ValueError`, and so does
what cannot be told from syntax where it is to stand. Source: FreeSWITCH 1.10,
mod_event_socket.c, switch_utils.c and mod_commands.c, and recordings of 1.10.12.
"""

import re
from typing import Final

_CUSTOM: Final = "CUSTOM"
_BREAKS: Final = frozenset("\r\n\0")
_WORD: Final = re.compile(r"[A-Za-z0-9_.:-]+")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.:/@+*#-]+")
_SYNTAX: Final = re.compile(r"""[,'"\\{}\[\]<>|^$\x00-\x1f\x7f]|:_:""")
"""`originate` takes the quotes away before it splits at commas, so they do not save a comma."""


def connect() -> bytes:
    """Open an outbound connection; the reply holds the channel."""
    return _command("connect")


def linger(seconds: int | None = None) -> bytes:
    """Ask for the events after a hang-up, for so long, or until `exit_`."""
    if seconds is not None and seconds < 0:
        raise ValueError(f"FreeSWITCH cannot linger for {seconds} seconds")
    return _command("linger" if seconds is None else f"linger {seconds:d}")


def my_events(*, json: bool = False) -> bytes:
    """Ask for the channel's own events, which leave out CHANNEL_HOLD, CHANNEL_UNHOLD and CUSTOM."""
    return _command("myevents json" if json else "myevents")


def events(*names: str) -> bytes:
    """Ask for events as plain text; "CUSTOM" and the subclasses wanted of it come last.

    What came as JSON until now comes as plain text, too.
    """
    return _command(" ".join(("event plain", *_event_names(names))))


def nix_events(*names: str) -> bytes:
    """Ask for these no more."""
    return _command(" ".join(("nixevent", *_event_names(names))))


def filter_events(header: str, value: str) -> bytes:
    """Ask only for events one of whose filtered headers has the value given for it."""
    return _command(f"filter {_word(header)} {_some(value)}")


def exit_() -> bytes:
    """End the connection in good order."""
    return _command("exit")


def auth(password: str) -> bytes:
    """Answer an `AuthRequest`."""
    return _command(f"auth {_some(password)}")


def api(command: str) -> bytes:
    """Have a command carried out, and what it prints sent; all other commands wait for it."""
    return _command(f"api {_some(command)}")


def bgapi(command: str, job: str | None = None) -> bytes:
    """Have a command carried out on the side: its end comes as BACKGROUND_JOB with that `job`."""
    headers = [] if job is None else [("Job-UUID", _word(job))]
    return _command(f"bgapi {_some(command)}", *headers)


def execute(
    app: str,
    argument: str = "",
    *,
    uuid: str | None = None,
    event_uuid: str | None = None,
    lock: bool = False,
) -> bytes:
    """Have a dialplan application carried out on the channel, or on channel `uuid`.

    Its CHANNEL_EXECUTE_COMPLETE carries `event_uuid` as Application-UUID. `lock` makes
    the next application wait for this one's end. FreeSWITCH expands `${…}` in
    `argument`, commands included, so nothing a caller chose may stand in it. An
    application that it does not know ends the call.
    """
    headers = [("call-command", "execute"), ("execute-app-name", _word(app))]
    if lock:
        headers.append(("event-lock", "true"))
    if event_uuid is not None:
        headers.append(("Event-UUID", _word(event_uuid)))
    if not argument:
        return _command(_send_message(uuid), *headers)
    body = _whole(argument).encode()
    headers += [("content-type", "text/plain"), ("content-length", str(len(body)))]
    return _command(_send_message(uuid), *headers) + body + b"\n\n\n"


def hang_up(cause: str, *, uuid: str | None = None) -> bytes:
    """End the channel, or channel `uuid`, with a cause like "NORMAL_CLEARING"."""
    return _command(_send_message(uuid), ("call-command", "hangup"), ("hangup-cause", _word(cause)))


def get_variable(name: str) -> bytes:
    """Ask for a variable of the channel; it is the reply's text, and "-ERR …" where unset.

    FreeSWITCH writes the value as it is, cut at 511 bytes: line breaks in it become
    headers of the reply. So this is for variables that no stranger sets; others come
    safely with the reply to `connect`, or from `api` with `uuid_getvar`.
    """
    return _command(f"getvar {_word(name)}")


def quoted(value: str) -> str:
    """Return `value` as it may stand in `{name=value}` before a dial string.

    It holds in `originate` as in `bridge`. Raises `ValueError` for what FreeSWITCH would
    take for syntax even between quotes: commas, quotes, brackets, `$`, `|`, `^`, `:_:`.
    """
    if found := _SYNTAX.search(value):
        raise ValueError(f"a value for FreeSWITCH cannot hold {found.group()!r}")
    return value if _PLAIN.fullmatch(value) else f"'{value}'"


def _send_message(uuid: str | None) -> str:
    return "sendmsg" if uuid is None else f"sendmsg {_word(uuid)}"


def _command(line: str, *headers: tuple[str, str]) -> bytes:
    lines = (line, *(f"{name}: {value}" for name, value in headers))
    return "".join(f"{_whole(each)}\n" for each in (*lines, "")).encode()


def _event_names(names: tuple[str, ...]) -> list[str]:
    if not names:
        raise ValueError("say which events FreeSWITCH is to send")
    if _CUSTOM in names and any(map(str.isupper, names[names.index(_CUSTOM) + 1 :])):
        raise ValueError("name CUSTOM last: FreeSWITCH takes what follows for its subclasses")
    return [_word(name) for name in names]


def _word(value: str) -> str:
    if not _WORD.fullmatch(value):
        raise ValueError(f"{value[:60]!r} is no single word for FreeSWITCH")
    return value


def _some(value: str) -> str:
    if not value.strip():
        raise ValueError("a command for FreeSWITCH lacks what it is about")
    return value


def _whole(value: str) -> str:
    # Says nothing of the value, which may be a password.
    if not _BREAKS.isdisjoint(value):
        raise ValueError("a command for FreeSWITCH cannot hold a line break or a NUL")
    return value
