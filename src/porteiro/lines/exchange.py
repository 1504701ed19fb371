"""The ports of the extensions: opened, moved, watched and closed as the extensions change."""

import asyncio
import errno
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import structlog

from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.ports import Line
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.terms import Role
from porteiro.lines.audiosocket import AudioSocketListener, AudioSocketOptions
from porteiro.lines.visitors import Crowd, VisitorListener

_log = structlog.get_logger()

_STEP = 2
_BELOW = 100
_AT_ONCE = 50
"""Ports looked after between two turns of the event loop, so that no frame waits for them."""

Arrived = Callable[[Extension, Role, Line], None]
"""Takes in a line that came on one of an extension's two ports."""

Awaited = Callable[[Extension], bool]
"""Says whether a call still waits for its resident on this extension's return port."""


@dataclass(frozen=True, slots=True)
class ExchangeOptions:
    """How lines are taken, and how many seconds pass between two looks at the listeners."""

    lines: AudioSocketOptions
    watch_s: float = 1.0


class _Port:
    """One listening port; lines that come on it are for `extension`."""

    def __init__(
        self,
        extension: Extension,
        role: Role,
        options: AudioSocketOptions,
        frames: FrameClock,
        crowd: Crowd | None,
    ) -> None:
        self.extension = extension
        self.role = role
        self.configured = _place(extension, role)
        self.listener = (
            AudioSocketListener(options, frames, self._line_arrived)
            if crowd is None or role is Role.RESIDENT
            else VisitorListener(options, frames, self._line_arrived, crowd)
        )
        self.arrived: Arrived | None = None

    def _line_arrived(self, line: Line) -> None:
        if self.arrived is not None:
            self.arrived(self.extension, self.role, line)


class Exchange:
    """Serves extensions: two listening ports each, lines handed over with their role.

    A change touches only the ports it names; calls in progress go on. A return port that
    is given up while a call still waits for its resident there stays open until then. Another
    extension of this exchange may have it at once, since the resident finds the call there
    too; one of another process may not, and moves meanwhile.
    """

    def __init__(
        self,
        options: ExchangeOptions,
        frames: FrameClock,
        arrived: Arrived,
        awaited: Awaited = lambda _: False,
        crowd: Crowd | None = None,
    ) -> None:
        """Hand every line to `arrived`, with the extension as it is really served.

        `crowd` bounds how many visitors may be connected and not arrived; None is no bound.
        """
        self._options = options
        self._frames = frames
        self._arrived = arrived
        self._awaited = awaited
        self._crowd = crowd
        self._wanted: dict[int, Extension] = {}
        self._ports: dict[tuple[int, Role], _Port] = {}
        self._served: dict[int, Extension] = {}
        self._failed: dict[int, str] = {}
        self._retired: list[_Port] = []
        self._taken: frozenset[int] = frozenset()
        self._changing = asyncio.Lock()
        self._changes = 0
        self._draining = False

    @property
    def wanted(self) -> Mapping[int, Extension]:
        """The extensions that are to be served, by id, as they are set."""
        return MappingProxyType(self._wanted)

    @property
    def served(self) -> Mapping[int, Extension]:
        """The extensions being served, by id, with the ports they really listen on."""
        return MappingProxyType(self._served)

    @property
    def failed(self) -> Mapping[int, str]:
        """Why the others are not, by id."""
        return MappingProxyType(self._failed)

    @property
    def changes(self) -> int:
        """How often what is served or failed may have changed so far."""
        return self._changes

    @property
    def kept(self) -> frozenset[int]:
        """The ports that are no longer wanted, and stay open for calls that wait there."""
        return frozenset(port.listener.port for port in self._retired)

    async def serve(self, wanted: Mapping[int, Extension], elsewhere: Collection[int] = ()) -> None:
        """Serve exactly these extensions, by id; what failed before is tried again.

        First every port is given up that is no longer wanted, then the others are opened,
        so that extensions may swap theirs. One that cannot be opened is in `failed`, and
        keeps no other from being served. Once we drain, nothing changes any more. The ports
        `elsewhere` are another process's to open: none is moved there.
        """
        async with self._changing:
            if self._draining:
                return
            self._wanted, self._taken = dict(wanted), frozenset(elsewhere)
            await self._follow()

    async def restart(self, extension_id: int) -> None:
        """Close and open an extension's ports; one that had been moved may come home.

        Raises `KeyError` where no such extension is wanted.
        """
        async with self._changing:
            extension = self._wanted[extension_id]
            if self._draining:
                return
            await self._give_up_all(extension.extension_id)
            await self._follow()

    async def watch(self) -> None:
        """Open again what stops by itself, and close what was only waited on; until cancelled."""
        while True:
            await asyncio.sleep(self._options.watch_s)
            async with self._changing:
                await self._close_retired()
                if await self._lost_any():
                    await self._follow()

    async def drain(self) -> None:
        """Close every port but those on which calls in progress wait for their residents.

        New visitors are refused by the kernel, at once: their dialplan goes on to a human.
        The extensions are shown as before.
        """
        async with self._changing:
            self._draining = True
            for count, (extension_id, role) in enumerate(list(self._ports)):
                await self._give_up(extension_id, role)
                if count % _AT_ONCE == 0:
                    await asyncio.sleep(0)

    async def close(self) -> None:
        """Stop listening on every port; calls in progress go on."""
        async with self._changing:
            for port in (*self._ports.values(), *self._retired):
                await port.listener.close()
            self._changes += 1
            self._wanted, self._retired = {}, []
            self._ports.clear()
            self._served.clear()

    # ---------------------------------------------------------------------- following

    async def _follow(self) -> None:
        """Bring the ports into line with what is wanted."""
        for (extension_id, role), port in list(self._ports.items()):
            extension = self._wanted.get(extension_id)
            if extension is None or _place(extension, role) != port.configured:
                await self._give_up(extension_id, role)
        self._changes += 1
        self._failed.clear()
        for extension_id in self._served.keys() - self._wanted.keys():
            gone = self._served.pop(extension_id)
            _log.info("extension no longer serves", extension=gone.number)
        reserved = self._taken | {
            port for one in self._wanted.values() for port in (one.port, one.return_port)
        }
        for count, extension in enumerate(list(self._wanted.values())):
            await self._bring_up(extension, reserved)
            if count % _AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _bring_up(self, extension: Extension, reserved: Collection[int]) -> None:
        """Open those of an extension's ports that are not open, and note how it is served."""
        try:
            visitors = await self._port(extension, Role.VISITOR, reserved)
            residents = await self._port(extension, Role.RESIDENT, reserved)
        except OSError as error:
            self._changes += 1
            await self._give_up_all(extension.extension_id)
            self._served.pop(extension.extension_id, None)
            reason = _reason(error)
            self._failed[extension.extension_id] = reason
            _log.error("extension cannot be served", extension=extension.number, reason=reason)
            return
        actual = replace(
            extension, port=visitors.listener.port, return_port=residents.listener.port
        )
        visitors.extension = residents.extension = actual
        if self._served.get(extension.extension_id) != actual:
            self._changes += 1
            self._served[extension.extension_id] = actual
            _log.info(
                "extension serves",
                extension=actual.number,
                condominium_id=actual.condominium_id,
                ip=actual.ip,
                port=actual.port,
                return_port=actual.return_port,
            )

    async def _port(self, extension: Extension, role: Role, reserved: Collection[int]) -> _Port:
        """Return an extension's port for a role, opened where it is not open."""
        key = (extension.extension_id, role)
        if key not in self._ports:
            port = _Port(extension, role, self._options.lines, self._frames, self._crowd)
            await self._open_near(port, reserved)
            port.arrived = self._arrived
            self._ports[key] = port
        return self._ports[key]

    async def _open_near(self, port: _Port, reserved: Collection[int]) -> None:
        """Open on the configured port, or on port+2, +4, … below port+100 where it is taken.

        A port that another extension is configured for is no place to move to.
        """
        ip, configured = port.configured
        for number in range(configured, configured + _BELOW, _STEP):
            if number != configured and number in reserved:
                continue
            await self._close_retired(number)
            try:
                await port.listener.open(ip, number)
            except OSError as error:
                if error.errno != errno.EADDRINUSE or configured == 0:
                    raise
                continue
            if number != configured:
                _log.warning(
                    "port is taken, another is used",
                    extension=port.extension.number,
                    configured=configured,
                    port=number,
                )
            return
        raise OSError(
            errno.EADDRINUSE,
            f"every second port from {configured} to below {configured + _BELOW} is taken",
        )

    # -------------------------------------------------------------------- giving up

    async def _give_up_all(self, extension_id: int) -> None:
        for role in Role:
            if (extension_id, role) in self._ports:
                await self._give_up(extension_id, role)

    async def _give_up(self, extension_id: int, role: Role) -> None:
        port = self._ports.pop((extension_id, role))
        if role is Role.RESIDENT and port.listener.serving and self._awaited(port.extension):
            self._retired.append(port)
        else:
            await port.listener.close()

    async def _close_retired(self, wanted: int | None = None) -> None:
        """Close the retired ports that no call waits for, and any that is `wanted` again."""
        for port in list(self._retired):
            if port.listener.port == wanted or not self._awaited(port.extension):
                await port.listener.close()
                self._retired.remove(port)
                self._changes += 1

    async def _lost_any(self) -> bool:
        """Forget every listener that stopped by itself; return whether there was one."""
        lost = False
        for count, ((extension_id, role), port) in enumerate(list(self._ports.items())):
            if not port.listener.serving:
                lost = True
                _log.error(
                    "a listener stopped by itself, it is opened again",
                    extension=port.extension.number,
                    role=role,
                    port=_place(port.extension, role)[1],
                )
                await self._give_up(extension_id, role)
            if count % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return lost


def _place(extension: Extension, role: Role) -> tuple[str, int]:
    """Return the address and port that an extension has for a role."""
    port = extension.port if role is Role.VISITOR else extension.return_port
    return extension.ip, port


def _reason(error: OSError) -> str:
    """Say why a port cannot be listened on, without the address, which stands beside it."""
    match error.errno:
        case errno.EADDRNOTAVAIL:
            return "this machine does not have that address: use 0.0.0.0 or one of its own"
        case errno.EACCES | errno.EPERM:
            return "only root may listen on ports below 1024: choose another port"
        case errno.EMFILE | errno.ENFILE:
            return "no file descriptor is left: raise the limit (ulimit -n)"
        case _:
            return error.strerror or str(error)
