"""The demo itself: visits on the stage, and what they leave behind."""

import asyncio
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from porteiro.demo.building import NAME, DemoOptions, furnish
from porteiro.demo.screen import Screen
from porteiro.demo.sound import stereo, write_wav
from porteiro.demo.stage import Stage
from porteiro.demo.story import Story
from porteiro.demo.timeline import timeline
from porteiro.demo.verdict import checks
from porteiro.logs import LogOptions, logging_to
from porteiro.storage.visits.sqlite import export


async def show(options: DemoOptions, console: Console) -> bool:
    """Show the visits, and return whether every one ended as it should.

    The log, the sound, the picture and the record of each visit stay in `options.out`.

    Raises:
        PorteiroError: If the server cannot start or a voice is missing.
        OSError: If the folder cannot be written.
    """
    screen = Screen(console, several=options.visits > 1)
    options.out.mkdir(parents=True, exist_ok=True)
    log = options.out / "porteiro.log"
    with (
        TemporaryDirectory(prefix="porteiro-") as folder,
        log.open("w", encoding="utf-8") as stream,
        logging_to(stream, LogOptions(personal=True)),
    ):
        furnish(Path(folder))
        stories = await Stage(options, screen).play(Path(folder))
        record = export(Path(folder) / "visits.sqlite3", options.out / "visits.jsonl")
    screen.tell("drawing the timeline …")
    ended = [await asyncio.to_thread(_leave_behind, story, options) for story in stories]
    for story, files in zip(stories, ended, strict=True):
        screen.summary(story, checks(story, options.resident), files)
    screen.tell(f"record {record} · log {log}")
    if find_spec("matplotlib") is None:
        screen.tell("no picture: it needs matplotlib (pip install 'porteiro[demo]')")
    return all(check.right for story in stories for check in checks(story, options.resident))


def _leave_behind(story: Story, options: DemoOptions) -> list[Path]:
    """Write a visit's sound and its picture; return the files."""
    name = "visit" if options.visits == 1 else f"visit-{story.number + 1}"
    files = [options.out / f"{name}.wav"]
    write_wav(files[0], stereo(story))
    if find_spec("matplotlib") is not None:
        from porteiro.demo.drawing import draw  # noqa: PLC0415  matplotlib is an extra, and slow to load

        files.append(options.out / f"{name}.png")
        decision = story.last("ended", "decision").replace("_", " ") or "not ended"
        subtitle = f"{NAME} · call {story.call_id} · the resident {options.resident}"
        draw(timeline(story), f"A visit at the gate: {decision}", subtitle, files[-1])
    return files
