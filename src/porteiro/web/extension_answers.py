"""What the API answers of extensions and of the process: the shapes, and how they come about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Self

import msgspec
from pydantic import Field

from porteiro.calls.admission import Capacity, Refusal
from porteiro.calls.board import JsonValue
from porteiro.condominiums.board import (
    ExtensionState,
    ExtensionView,
    RefreshStats,
    Source,
)
from porteiro.condominiums.extension_rows import FIELDS
from porteiro.condominiums.fields import Row
from porteiro.web.answers import Answer, Failure, Shape
from porteiro.web.parts import WorkerView


class ExtensionStatus(Shape):
    """One extension as it stands.

    The ports are those really listened on: where one was moved, the configured one is told
    beside it. Where the status is `erro`, `reason` says why, and the fields are as the
    source has them.
    """

    id: int | None
    ramal_ia: str
    ramal_retorno: str
    ip: str
    porta_ia: int | str | None
    porta_retorno: int | str | None
    condominio_id: int | str | None
    status: ExtensionState
    calls: int
    porta_ia_configurada: int = 0
    porta_retorno_configurada: int = 0
    reason: str = ""

    @staticmethod
    def json_of(view: ExtensionView, calls: Mapping[int, int]) -> bytes:
        """Return how an extension stands as JSON, in this shape.

        `calls` counts the living ones by extension id. What does not apply is left out.
        """
        told: dict[str, object] = {
            "id": view.extension_id,
            "ramal_ia": view.number,
            "ramal_retorno": view.return_number,
            "ip": view.ip,
            "porta_ia": view.port,
            "porta_retorno": view.return_port,
            "condominio_id": view.condominium_id,
            "status": view.state,
            "calls": calls.get(view.extension_id, 0) if view.extension_id is not None else 0,
        }
        if view.configured_port is not None:
            told["porta_ia_configurada"] = view.configured_port
        if view.configured_return_port is not None:
            told["porta_retorno_configurada"] = view.configured_return_port
        if view.state is ExtensionState.FAILED:
            told["reason"] = view.reason
        return msgspec.json.encode(told)


class Room(Shape):
    """How much room there is for calls.

    `refusing` says why every new call is refused now, `refusing_since` from when on; both
    are null while calls are taken. `extensions_full` have as many calls as one may have.
    `telling` lines are being told now; `refused` counts all lines refused since the start.
    """

    calls: int
    limit: int
    extension_limit: int | None
    lag_ms: float
    lag_limit_ms: int | None
    refusing: Refusal | None
    refusing_since: datetime | None
    extensions_full: list[str]
    telling: int
    refused: dict[Refusal, int]

    @classmethod
    def of(cls, capacity: Capacity) -> Self:
        """Return what is told of the room that there is; limits that are not set are null."""
        limits = capacity.limits
        return cls(
            calls=capacity.calls,
            limit=limits.calls,
            extension_limit=limits.extension_calls or None,
            lag_ms=round(1000 * capacity.lag_s, 1),
            lag_limit_ms=round(1000 * limits.lag_s) or None,
            refusing=capacity.refusing,
            refusing_since=capacity.since,
            extensions_full=list(capacity.extensions),
            telling=capacity.told,
            refused=dict(capacity.refused),
        )


class SpeechProvider(Shape):
    """One provider of speech: what it does, and whether it is asked now.

    `condition` is `well`, `resting` (left out for a while, because it kept failing) or
    `probing` (tried again).
    """

    part: str
    provider: str
    condition: str

    @classmethod
    def told(cls, part: str, provider: str, condition: str) -> dict[str, JsonValue]:
        """Return how a provider is, in this shape."""
        return {"part": part, "provider": provider, "condition": condition}


class WorkerStatus(Shape):
    """One worker: its process (null while another takes its place), and what lives in it.

    `extensions` are ids; `restarts` counts the processes that it has lost since the start.
    """

    worker: int
    pid: int | None
    extensions: list[int]
    calls: int
    restarts: int
    lag_ms: float
    freeswitch: bool

    @classmethod
    def told(cls, view: WorkerView) -> dict[str, JsonValue]:
        """Return how a worker stands, in this shape."""
        return {
            "worker": view.worker,
            "pid": view.pid,
            "extensions": list(view.extensions),
            "calls": view.calls,
            "restarts": view.restarts,
            "lag_ms": round(1000 * view.lag_s, 1),
            "freeswitch": view.freeswitch,
        }


class Status(Answer):
    """Every extension, those refused or failed included, and the calls in progress.

    `speech` is there where providers of speech were chosen, best first; `workers` where several
    processes answer calls.
    """

    total_extensions: int
    calls: int
    source: Source
    capacity: Room
    speech: list[SpeechProvider] = Field(default_factory=list)
    workers: list[WorkerStatus] = Field(default_factory=list)
    extensions: list[ExtensionStatus]


class Stats(Shape):
    """What a refresh changed, and how many extensions are served now."""

    removed: int
    updated: int
    added: int
    total_active: int


class Refreshed(Answer):
    """What a refresh did."""

    message: str
    stats: Stats

    @classmethod
    def of(cls, stats: RefreshStats) -> Self:
        """Return what is told of a refresh."""
        return cls(
            message=f"read again; {stats.total_active} extension(s) are served",
            stats=Stats.model_validate(stats, from_attributes=True),
        )


class Restarted(Answer):
    """How an extension stands after its restart."""

    message: str
    extension: ExtensionStatus


class ExtensionRow(Shape):
    """One row as the database has it, its texts without their padding."""

    id: int | str | None
    ramal_ia: int | str | None
    ramal_retorno: int | str | None
    ip_servidor: int | str | None
    porta_ia: int | str | None
    porta_retorno: int | str | None
    condominio_id: int | str | None

    @classmethod
    def of(cls, row: Row) -> Self:
        """Return a row as it is told; what it does not have is null."""
        return cls.model_validate({name: _plain(row.get(name)) for name in FIELDS})


class Rows(Answer):
    """The rows as the database has them now."""

    total: int
    extensions: list[ExtensionRow]


class Health(Answer):
    """The process lives and its event loop answers."""

    version: str


class Parts(Shape):
    """How the parts of the process are, in words that tell a stranger nothing."""

    extensions: Literal["serving", "partly", "none"]
    database: Literal["listening", "away", "unused"]
    visits: Literal["written", "waiting"]


class Ready(Answer):
    """The process can take calls."""

    parts: Parts


class NotReady(Failure):
    """The process cannot take calls; `message` says why."""

    parts: Parts


def _plain(value: object) -> int | str | None:
    match value:
        case None | int():
            return value
        case str():
            return value.strip()
        case _:
            return str(value)
