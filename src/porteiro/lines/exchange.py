"""The ports of the extensions: opened, moved where they are taken, and closed."""

import errno
from collections.abc import Callable
from dataclasses import replace

import structlog

from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.ports import Line
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.terms import Role
from porteiro.lines.audiosocket import AudioSocketListener, AudioSocketOptions

_log = structlog.get_logger()

_STEP = 2
_BELOW = 100

Arrived = Callable[[Extension, Role, Line], None]
"""Takes in a line that came on one of an extension's two ports."""


class Exchange:
    """Serves extensions: two listening ports each, lines handed over with their role."""

    def __init__(self, options: AudioSocketOptions, frames: FrameClock, arrived: Arrived) -> None:
        """Hand every line to `arrived`, with the extension as it is really served."""
        self._options = options
        self._frames = frames
        self._arrived = arrived
        self._served: dict[int, tuple[Extension, list[AudioSocketListener]]] = {}

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """The extensions being served, with the ports they really listen on."""
        return tuple(extension for extension, _ in self._served.values())

    async def open(self, configured: Extension) -> Extension:
        """Open an extension's two ports; return it with the ports that were free.

        Raises `OSError` when none near a configured port is, or its address is not ours.
        """
        served: list[Extension] = []

        def listener(role: Role) -> AudioSocketListener:
            def arrived(line: Line) -> None:
                self._arrived(served[0], role, line)

            return AudioSocketListener(self._options, self._frames, arrived)

        visitors, residents = listener(Role.VISITOR), listener(Role.RESIDENT)
        port = await _open_near(visitors, configured.ip, configured.port)
        try:
            return_port = await _open_near(residents, configured.ip, configured.return_port)
        except OSError:
            await visitors.close()
            raise
        extension = replace(configured, port=port, return_port=return_port)
        served.append(extension)
        self._served[extension.extension_id] = (extension, [visitors, residents])
        _log.info(
            "extension serves",
            extension=extension.number,
            condominium_id=extension.condominium_id,
            ip=extension.ip,
            port=port,
            return_port=return_port,
        )
        return extension

    async def close(self) -> None:
        """Stop listening on every port; calls in progress go on."""
        for _, listeners in self._served.values():
            for listener in listeners:
                await listener.close()
        self._served.clear()


async def _open_near(listener: AudioSocketListener, host: str, configured: int) -> int:
    """Open on the configured port, or on port+2, +4, … below port+100 where it is taken."""
    for port in range(configured, configured + _BELOW, _STEP):
        try:
            await listener.open(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or configured == 0:
                raise
            continue
        if port != configured:
            _log.warning("port is taken, another is used", configured=configured, port=port)
        return listener.port
    raise OSError(
        errno.EADDRINUSE,
        f"every second port from {configured} to below {configured + _BELOW} is taken",
    )
