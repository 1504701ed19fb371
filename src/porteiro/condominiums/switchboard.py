"""What is served follows what the rows of a source say, and can be looked at."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from porteiro.condominiums.board import ExtensionState, ExtensionView, RefreshStats
from porteiro.condominiums.extension import Extension
from porteiro.condominiums.extension_rows import Judged, RefusedRow, judge


class ExtensionPorts(Protocol):
    """Whatever listens for the extensions."""

    @property
    def served(self) -> Mapping[int, Extension]:
        """The extensions being served, by id, with the ports they really listen on."""
        ...

    @property
    def failed(self) -> Mapping[int, str]:
        """Why others are not, by id."""
        ...

    @property
    def changes(self) -> int:
        """How often either of the two may have changed so far."""
        ...

    async def serve(self, wanted: Mapping[int, Extension]) -> None:
        """Serve exactly these, and leave alone what has not changed."""
        ...

    async def restart(self, extension_id: int) -> None:
        """Close and open the ports of one of them."""
        ...


class Switchboard:
    """Judges rows, has the good ones served, and remembers why the others are not."""

    def __init__(self, ports: ExtensionPorts) -> None:
        """Have `ports` listen."""
        self._ports = ports
        self._judged = Judged({}, ())
        self._taking = asyncio.Lock()
        self._views: list[ExtensionView] = []
        self._viewed: tuple[Judged, int] | None = None

    @property
    def accepted(self) -> Mapping[int, Extension]:
        """The extensions that are to be served, by id, as their rows have them."""
        return self._judged.accepted

    @property
    def refused(self) -> Sequence[RefusedRow]:
        """The rows that make no sense."""
        return self._judged.refused

    async def take(self, rows: Iterable[object]) -> RefreshStats:
        """Serve what `rows` say from now on; tell what that changed.

        A row counts as updated when it is served otherwise than before, or again.
        """
        async with self._taking:
            before, serving = dict(self._judged.accepted), dict(self._ports.served)
            self._judged = judge(rows, before)
            after = self._judged.accepted
            await self._ports.serve(after)
            now = self._ports.served
            changed = [
                i for i in now.keys() & serving if now[i] != serving[i] or after[i] != before.get(i)
            ]
            return RefreshStats(
                removed=len(serving.keys() - now.keys()),
                updated=len(changed),
                added=len(now.keys() - serving.keys()),
                total_active=len(now),
            )

    async def restart(
        self, extension_id: int | None = None, number: str | None = None
    ) -> ExtensionView | None:
        """Close and open the ports of the extension with this id, or with this AI number."""
        async with self._taking:
            for found, extension in self._judged.accepted.items():
                if found == extension_id or (extension_id is None and extension.number == number):
                    await self._ports.restart(found)
                    return self._view(extension)
        return None

    def views(self) -> Sequence[ExtensionView]:
        """Return every extension, refused rows included, by id."""
        now = (self._judged, self._ports.changes)
        if self._viewed is None or self._viewed[0] is not now[0] or self._viewed[1] != now[1]:
            views = [self._view(extension) for extension in self._judged.accepted.values()]
            views += [_refused(row) for row in self._judged.refused]
            views.sort(key=lambda v: -1 if v.extension_id is None else v.extension_id)
            self._views, self._viewed = views, now
        return self._views

    def _view(self, wanted: Extension) -> ExtensionView:
        served = self._ports.served.get(wanted.extension_id)
        actual = served or wanted
        failed = self._ports.failed.get(wanted.extension_id, "it is not listening")
        return ExtensionView(
            extension_id=wanted.extension_id,
            number=wanted.number,
            return_number=wanted.return_number,
            ip=wanted.ip,
            port=actual.port,
            return_port=actual.return_port,
            condominium_id=wanted.condominium_id,
            state=ExtensionState.SERVING if served else ExtensionState.FAILED,
            reason="" if served else failed,
            configured_port=wanted.port if actual.port != wanted.port else None,
            configured_return_port=(
                wanted.return_port if actual.return_port != wanted.return_port else None
            ),
        )


def _refused(refused: RefusedRow) -> ExtensionView:
    """Return a row that makes no sense as it stands, without its padding."""
    row = {name: str(value).strip() for name, value in refused.row.items() if value is not None}
    return ExtensionView(
        extension_id=refused.extension_id,
        number=row.get("ramal_ia", ""),
        return_number=row.get("ramal_retorno", ""),
        ip=row.get("ip_servidor", ""),
        port=row.get("porta_ia"),
        return_port=row.get("porta_retorno"),
        condominium_id=row.get("condominio_id"),
        state=ExtensionState.FAILED,
        reason=refused.reason,
    )
