"""The machine: its disk, its limits, its clock, and the speech programs on it."""

import asyncio
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from pocketsphinx import Decoder

import porteiro
from porteiro.cli.checks.finding import Finding, bad, doubtful, good
from porteiro.descriptors import descriptors_allowed, descriptors_wanted
from porteiro.errors import SpeechError
from porteiro.settings import Settings
from porteiro.speech.espeak import EspeakSynthesizer

_MIB = 1024 * 1024
_TOO_LITTLE, _LITTLE = 100 * _MIB, 1024 * _MIB


def data_folder(settings: Settings) -> list[Finding]:
    """Check that the data folder takes files, and has room for them."""
    folder = settings.data_dir.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\n")
        free = shutil.disk_usage(folder).free
    except OSError as error:
        why = error.strerror or str(error)
        return [bad(f"{folder} cannot be written ({why}): set PORTEIRO_DATA_DIR or its rights")]
    room = f"{folder} can be written; {free / (1024 * _MIB):.1f} GiB are free"
    if free < _TOO_LITTLE:
        return [bad(f"{room}: visits will be lost; free some")]
    return [doubtful(f"{room}: that is little") if free < _LITTLE else good(room)]


def descriptors(settings: Settings) -> list[Finding]:
    """Check that the process may open a socket for each line of `PORTEIRO_MAX_CALLS`."""
    allowed, wanted = descriptors_allowed(), descriptors_wanted(settings.max_calls, 0)
    if allowed is None or allowed >= wanted:
        return [good(f"file descriptors suffice for {settings.max_calls} calls")]
    return [
        bad(
            f"{settings.max_calls} calls need {wanted} file descriptors and {allowed} are allowed: "
            "raise LimitNOFILE (systemd) or ulimit -n, or lower PORTEIRO_MAX_CALLS"
        )
    ]


def calendar(now: datetime | None = None) -> list[Finding]:
    """Check that the clock is not older than this program: records would bear wrong times."""
    now = now or datetime.now(UTC)
    made = datetime.fromtimestamp(Path(porteiro.__file__).stat().st_mtime, UTC)
    said = f"the clock says {now:%Y-%m-%d %H:%M} UTC"
    if now < made:
        return [bad(f"{said}, before this program was installed: set it, and keep it with NTP")]
    return [good(said)]


async def synthesis(settings: Settings) -> list[Finding]:
    """Check that espeak-ng speaks with the voice that is set."""
    try:
        async for pcm in EspeakSynthesizer().stream("Bom dia.", settings.voice, 8000):
            if pcm.strip(b"\0"):
                return [good(f"espeak-ng speaks with the voice {settings.voice}")]
    except SpeechError as error:
        return [bad(f"{error}: apt-get install espeak-ng, and see PORTEIRO_VOICE")]
    return [bad(f"espeak-ng says nothing with the voice {settings.voice}: see PORTEIRO_VOICE")]


async def recognition() -> list[Finding]:
    """Check that the embedded recognizer and its model load."""
    try:
        await asyncio.to_thread(Decoder, lm=None, loglevel="FATAL")
    except (RuntimeError, OSError) as error:
        return [bad(f"pocketsphinx does not load ({error}): run scripts/setup again")]
    return [good("pocketsphinx loads")]
