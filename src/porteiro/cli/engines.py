"""The engines of this machine made ready and tried, for `porteiro setup --speech` and `check`."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TextIO

import aiohttp
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn

from porteiro.calls.ports import TurnRequest
from porteiro.cli.checks.finding import Finding, bad, doubtful, good
from porteiro.dialogue.terms import Question
from porteiro.downloads import fetch
from porteiro.errors import PorteiroError, SpeechError, StorageError
from porteiro.local_engines import (
    PIPER_VOICE,
    WHISPER_MODEL,
    installed,
    piper_lacks,
    piper_pool,
    piper_voice,
    whisper_lacks,
    whisper_model,
    whisper_pool,
)
from porteiro.settings import Settings
from porteiro.speech.piper.synthesizer import PiperSynthesizer
from porteiro.speech.whisper.transcriber import WhisperTranscriber

ENGINES: Final = ("whisper", "piper")

_OWNERS: Final = {
    **{f"faster-whisper-{size}": "Systran" for size in ("tiny", "base", "small", "medium")},
    "faster-whisper-large-v3": "Systran",
    "faster-whisper-large-v3-turbo": "mobiuslabsgmbh",
}
"""Who publishes each of Whisper's models for CTranslate2, the same that faster-whisper takes."""
_VOICE: Final = re.compile(r"[a-z]{2,3}_[A-Z]{2}-[^\W_]+-(x_low|low|medium|high)")
_RATE: Final = 8000
_SECOND: Final = bytes(range(250)) * (2 * _RATE // 250)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A file of an engine: where it is published, and where it goes.

    The first of `urls` that there is is taken; an `optional` one may be nowhere.
    """

    path: Path
    urls: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class _Engine:
    """One engine as it is made ready.

    `published` says whether its place bears the name of what is published, so that nobody's
    own model is overwritten. `lacks` returns the files it lacks, `tries` the seconds that a
    first short job took.
    """

    name: str
    place: Path
    page: str
    published: bool
    files: tuple[_Wanted, ...]
    lacks: Callable[[], list[str]]
    tries: Callable[[], Awaitable[float]]
    smaller: str


async def made_ready(
    names: tuple[str, ...], settings: Settings, out: TextIO
) -> AsyncIterator[Finding]:
    """Yield what came of making each of these engines ready."""
    async with aiohttp.ClientSession(trust_env=True) as session:
        for name in names:
            engine = _engine(name, settings)
            if not installed(name):
                yield bad(f"{name} is not installed: pip install 'porteiro[{name}]'")
                continue
            try:
                took_s = await _ready(engine, session, out)
            except PorteiroError as error:
                yield bad(f"{name}: {error}")
            else:
                yield _judged(engine, took_s, settings.provider_s)


async def tried(settings: Settings) -> list[Finding]:
    """Try those that the settings name; nothing is fetched."""
    findings = []
    for name in ENGINES:
        if name in (*settings.transcribers, *settings.synthesizers):
            engine = _engine(name, settings)
            try:
                findings.append(_judged(engine, await engine.tries(), settings.provider_s))
            except PorteiroError as error:
                findings.append(bad(str(error)))
    return findings


async def _ready(engine: _Engine, session: aiohttp.ClientSession, out: TextIO) -> float:
    """Fetch what an engine lacks, or all of it where what is here does not load, and try it."""
    if not engine.lacks():
        try:
            return await engine.tries()
        except SpeechError as error:
            if error.retryable or not engine.published:
                raise
            out.write(f"{engine.name} is fetched again: {error}\n")
            await _fetched(engine, session, out)
    else:
        lacking = [file for file in engine.files if not file.path.is_file()]
        if not engine.published and len(lacking) < len(engine.files):
            raise StorageError(
                f"{engine.place} lacks {engine.lacks()[0]}, and by its name is nothing that is "
                "published: copy there what belongs to it"
            )
        await _fetched(replace(engine, files=tuple(lacking)), session, out)
    return await engine.tries()


async def _fetched(engine: _Engine, session: aiohttp.ClientSession, out: TextIO) -> None:
    """Fetch the files of an engine; the last of them makes it complete."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    shown = out.isatty()
    with Progress(*columns, console=Console(file=out), transient=True, disable=not shown) as bar:
        for file in engine.files:
            if not shown:
                out.write(f"fetching {file.path.name}\n")
            await _file(engine, file, session, bar)


async def _file(
    engine: _Engine, file: _Wanted, session: aiohttp.ClientSession, bar: Progress
) -> None:
    task = bar.add_task(file.path.name, total=None)

    def progress(here: int, whole: int | None) -> None:
        bar.update(TaskID(task), completed=here, total=whole)

    try:
        for url in file.urls:
            path = file.path.with_suffix(Path(url).suffix)
            if await fetch(session, url, path, progress):
                return
    except StorageError as error:
        raise StorageError(
            f"{error}. Where there is none, fetch the files of {engine.page} on another machine "
            f"and copy them to {file.path.parent}"
        ) from error
    if not file.optional:
        raise StorageError(f"there is no {file.urls[0]}: check PORTEIRO_MODELS_URL")


def _judged(engine: _Engine, took_s: float, limit_s: float) -> Finding:
    said = f"{engine.name} works with {engine.place}: a first answer in {took_s:.1f} s"
    if took_s <= limit_s:
        return good(said)
    return doubtful(
        f"{said}, and PORTEIRO_PROVIDER_SECONDS is {limit_s:g}: raise it, or {engine.smaller}"
    )


def _engine(name: str, settings: Settings) -> _Engine:
    return _whisper(settings) if name == "whisper" else _piper(settings)


def _whisper(settings: Settings) -> _Engine:
    folder = whisper_model(settings)
    name = folder.name if folder.name in _OWNERS else WHISPER_MODEL
    page = f"{settings.models_url.rstrip('/')}/{_OWNERS[name]}/{name}"

    def file(*names: str, optional: bool = False) -> _Wanted:
        urls = tuple(f"{page}/resolve/main/{each}" for each in names)
        return _Wanted(folder / names[0], urls, optional)

    return _Engine(
        "whisper",
        folder,
        page,
        name == folder.name,
        (
            file("preprocessor_config.json", optional=True),
            *(file("config.json"), file("tokenizer.json")),
            *(file("vocabulary.json", "vocabulary.txt"), file("model.bin")),
        ),
        lambda: whisper_lacks(folder),
        lambda: _hears(settings),
        "name the folder of a smaller model in PORTEIRO_WHISPER_MODEL, such as faster-whisper-base",
    )


def _piper(settings: Settings) -> _Engine:
    voice = piper_voice(settings)
    name = voice.stem if _VOICE.fullmatch(voice.stem) else PIPER_VOICE
    code, speaker, quality = name.split("-")
    base = f"{settings.models_url.rstrip('/')}/rhasspy/piper-voices"
    place = f"{code.partition('_')[0]}/{code}/{speaker}/{quality}"
    url = f"{base}/resolve/main/{place}/{name}.onnx"
    return _Engine(
        "piper",
        voice,
        f"{base}/tree/main/{place}",
        name == voice.stem,
        (
            _Wanted(voice.with_name(f"{voice.name}.json"), (f"{url}.json",)),
            _Wanted(voice, (url,)),
        ),
        lambda: piper_lacks(voice),
        lambda: _speaks(settings),
        "name a smaller voice in PORTEIRO_PIPER_VOICE",
    )


async def _hears(settings: Settings) -> float:
    """Have a second of sound transcribed, and return the seconds that took."""
    alone = settings.model_copy(update={"max_transcriptions": 1})
    now = asyncio.get_running_loop().time
    async with whisper_pool(alone) as pool:
        turn = WhisperTranscriber(pool).open(TurnRequest(Question.PURPOSE, _RATE))
        turn.feed(_SECOND)
        began_at = now()
        await turn.finish()
        return now() - began_at


async def _speaks(settings: Settings) -> float:
    """Have a greeting spoken, and return the seconds to its first sound."""
    alone = settings.model_copy(update={"max_synthesis": 1})
    now = asyncio.get_running_loop().time
    async with piper_pool(alone) as pool:
        began_at = now()
        first_at = 0.0
        async for _ in PiperSynthesizer(pool, piper_voice(settings)).stream("Bom dia.", "", _RATE):
            first_at = first_at or now()
        return first_at - began_at
