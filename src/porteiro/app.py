"""The running Porteiro: everything started in order, watched, and stopped in order."""

import asyncio
import resource
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog

from porteiro.assembly import Assembly, Background, Simulation, call_options
from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.board import ChangeStream
from porteiro.calls.reception import Reception, ReceptionOptions
from porteiro.condominiums.condominium import Condominium
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.phrases import Phrases
from porteiro.errors import SpeechError
from porteiro.lines.audiosocket import AudioSocketOptions
from porteiro.lines.exchange import Exchange
from porteiro.settings import Settings
from porteiro.speech.phrase_cache import PhraseCache
from porteiro.storage.condominiums_file import Profile
from porteiro.storage.local_files import read_local_files
from porteiro.web.api import ApiOptions
from porteiro.web.guard import GuardOptions
from porteiro.web.server import ServerOptions, serve_api

_log = structlog.get_logger()

_DESCRIPTORS_A_CALL = 4
_DESCRIPTORS_BESIDE = 512
_WARM_RATE = 8000


@dataclass(frozen=True, slots=True)
class Porteiro:
    """A running Porteiro, as whoever started it may look at it."""

    reception: Reception
    exchange: Exchange
    api_port: int
    problems: tuple[str, ...]

    @property
    def changes(self) -> ChangeStream:
        """Every change of every call, from now on."""
        return self.reception.changes

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """The extensions being served, with the ports they really listen on."""
        return self.exchange.extensions


@asynccontextmanager
async def running(
    settings: Settings, simulation: Simulation | None = None
) -> AsyncIterator[Porteiro]:
    """Run Porteiro while the block lasts.

    `simulation` says how residents behave where the dialer is `simulated`. Leaving the
    block ends every call and closes every socket. Raises `SettingsError` where something
    that is set cannot be served.
    """
    raise_descriptor_limit(settings.max_calls)
    files = await asyncio.to_thread(read_local_files, settings.data_dir, default_profile(settings))
    for problem in files.problems:
        _log.warning("local file", problem=problem)
    async with AsyncExitStack() as stack:
        background = await stack.enter_async_context(Background())
        assembly = Assembly(settings, stack, background, ChangeStream())
        services = await assembly.services(simulation or Simulation())
        options = call_options(settings, services.transcriber)
        served = files.extensions.extensions
        condominiums = {e.condominium_id: files.condominium(e.condominium_id) for e in served}
        await _warm(
            assembly.phrases,
            condominiums.values(),
            closed=options.dialogue.one_thing_at_a_time,
        )
        reception = Reception(
            services,
            lambda extension: condominiums[extension.condominium_id],
            options,
            ReceptionOptions(max_calls=settings.max_calls),
        )
        stack.push_async_callback(reception.close)
        exchange = Exchange(
            AudioSocketOptions(allow=settings.pbx_allow), FrameClock(), reception.arrived
        )
        stack.push_async_callback(exchange.close)
        problems = [*files.problems, *await _open_all(exchange, served)]
        api_port = await _serve_api(settings, reception, background)
        yield Porteiro(reception, exchange, api_port, tuple(problems))


def default_profile(settings: Settings) -> Profile:
    """Return how a condominium is that says nothing of its own."""
    return Profile(
        voice=settings.voice,
        silence_s=settings.silence_s,
        attempts=settings.ring_attempts,
        ring_s=settings.ring_s,
        fallback_number=settings.fallback_number,
    )


def raise_descriptor_limit(max_calls: int) -> None:
    """Let the process hold the sockets of `max_calls` calls, or say that it cannot."""
    wanted = max_calls * _DESCRIPTORS_A_CALL + _DESCRIPTORS_BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
    if allowed < wanted:
        _log.warning(
            "too few file descriptors for PORTEIRO_MAX_CALLS: raise the limit (ulimit -n)",
            wanted=wanted,
            allowed=allowed,
        )


async def _warm(voices: PhraseCache, condominiums: Iterable[Condominium], *, closed: bool) -> None:
    """Synthesize what every call will say before the first one comes."""
    for condominium in condominiums:
        phrases = Phrases(condominium.name, condominium.greeting, one_thing_at_a_time=closed)
        try:
            await voices.warm(phrases.fixed(), condominium.voice, _WARM_RATE)
        except SpeechError as error:
            _log.error(
                "phrases cannot be synthesized: until this is mended, callers are hung up on "
                "without a word",
                reason=str(error),
            )
            return


async def _open_all(exchange: Exchange, extensions: Iterable[Extension]) -> list[str]:
    """Open every extension; one that cannot be is reported and the others serve on."""
    problems: list[str] = []
    for extension in extensions:
        try:
            await exchange.open(extension)
        except OSError as error:
            reason = error.strerror or str(error)
            problems.append(f"extension {extension.number} cannot be served: {reason}")
            _log.error("extension cannot be served", extension=extension.number, reason=reason)
    return problems


async def _serve_api(settings: Settings, reception: Reception, background: Background) -> int:
    """Serve the API; return its port once it takes requests."""
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    token = settings.api_token
    guard = GuardOptions(token=token.get_secret_value() if token else None)
    options = ServerOptions(settings.api_host, settings.api_port, api=ApiOptions(guard))
    serving = background.start(serve_api(reception, options, port.set_result))
    await asyncio.wait((port, serving), return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving
    return await port
