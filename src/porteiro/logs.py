"""The log: one stream of events on standard error, for people or for machines.

Everything goes through one queue and is written by a thread of its own, so that a
terminal or a pipe that stalls never holds up a call.
"""

import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

PERSONAL = "pd_"
"""How the name of a field begins that holds personal data (LGPD)."""

_HIDDEN = "***"

_LONG = 8
"""From how many characters on a secret is masked within longer words as well.

A shorter one is masked where it stands by itself: a password of one letter is not to blot
that letter out of the whole log.
"""


@dataclass(frozen=True, slots=True)
class LogOptions:
    """How the log is written.

    `form` is None for console on a terminal and JSON lines otherwise; `personal`
    keeps the fields with personal data; `secrets` never stand in a line.
    """

    form: Literal["console", "json"] | None = None
    level: str = "info"
    personal: bool = False
    secrets: tuple[str, ...] = ()


@contextmanager
def logging_to(stream: TextIO | None, options: LogOptions) -> Iterator[None]:
    """Send structlog's and the standard library's events to `stream` (None: stderr).

    At the end of the block everything logged so far has been written.
    """
    out = sys.stderr if stream is None else stream
    handler = logging.StreamHandler(out)
    handler.setFormatter(_formatter(options, terminal=out.isatty()))
    queue: SimpleQueue[logging.LogRecord] = SimpleQueue()
    listener = QueueListener(queue, handler)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers[:] = [_AsItIs(queue)]
    root.setLevel(options.level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(options),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    listener.start()
    try:
        yield
    finally:
        listener.stop()
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()


class _AsItIs(QueueHandler):
    """Hands the record over unrendered: the writing thread does the work."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record


def _shared(options: LogOptions) -> list[Processor]:
    chain: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _exception_now,
    ]
    return chain if options.personal else [*chain, _without_personal]


def _formatter(options: LogOptions, *, terminal: bool) -> logging.Formatter:
    form = options.form or ("console" if terminal else "json")
    mask = _masking(options.secrets)
    render: list[Processor]
    if form == "console":
        console = structlog.dev.ConsoleRenderer(colors=terminal)
        render = [lambda logger, name, event: mask(str(console(logger, name, event)))]
    else:
        render = [
            structlog.processors.format_exc_info,
            lambda _logger, _name, event: {key: _masked(event[key], mask) for key in event},
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    return structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        foreign_pre_chain=_shared(options),
    )


def _exception_now(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Take the exception along: the writing thread could not ask which one is meant."""
    if event.get("exc_info") is True:
        event["exc_info"] = sys.exc_info()
    return event


def _without_personal(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    return {key: value for key, value in event.items() if not key.startswith(PERSONAL)}


def _masking(secrets: tuple[str, ...]) -> Callable[[str], str]:
    """Make what takes every secret, as it is and as JSON escapes it, out of a text."""
    plain = {secret for secret in secrets if secret}
    forms = plain | {json.dumps(secret, ensure_ascii=False)[1:-1] for secret in plain}
    if not forms:
        return lambda text: text
    longest_first = sorted(forms, key=len, reverse=True)
    pattern = re.compile("|".join(map(_pattern, longest_first)))
    return lambda text: pattern.sub(_HIDDEN, text)


def _pattern(secret: str) -> str:
    before = r"(?<![^\W_])" if len(secret) < _LONG and secret[0].isalnum() else ""
    after = r"(?![^\W_])" if len(secret) < _LONG and secret[-1].isalnum() else ""
    return before + re.escape(secret) + after


def _masked(value: object, mask: Callable[[str], str]) -> object:
    """Mask the texts in a field; what is no text, such as a number, holds no secret."""
    match value:
        case str():
            return mask(value)
        case bool() | int() | float() | None:
            return value
        case dict():
            return {_masked(key, mask): _masked(each, mask) for key, each in value.items()}
        case list() | tuple():
            return [_masked(each, mask) for each in value]
        case _:
            return mask(repr(value))
