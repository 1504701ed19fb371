"""`porteiro setup --speech`: what engines need is fetched, tried, and put right where it is not."""

import io
import json
import socket
from pathlib import Path

import pytest

from porteiro.cli import engines
from porteiro.cli.checks.finding import Mark
from porteiro.cli.engines import made_ready, tried
from porteiro.cli.setup import setup
from porteiro.errors import SpeechError
from porteiro.settings import Settings
from tests.providers.model_server import ModelServer, model_server
from tests.providers.tiny_piper import piper_voice
from tests.providers.tiny_whisper import whisper_that

SMALL = "Systran/faster-whisper-small/resolve/main"
FABER = "rhasspy/piper-voices/resolve/main/pt/pt_BR/faber/medium/pt_BR-faber-medium.onnx"


def published() -> dict[str, bytes]:
    """Return the tiny models as their publishers would have them."""
    voice = piper_voice()
    return {
        **{f"{SMALL}/{file.name}": file.read_bytes() for file in whisper_that().iterdir()},
        FABER: voice.read_bytes(),
        f"{FABER}.json": voice.with_name(f"{voice.name}.json").read_bytes(),
    }


def leave(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


async def outcome(
    name: str, folder: Path, server: ModelServer | None = None, **more: object
) -> tuple[Mark, str, str]:
    """Make an engine ready; return how that went, in a word and in words, and what was written."""
    url = server.url if server else f"http://127.0.0.1:{nobodys_port()}"
    settings = Settings.model_validate(
        {"data_dir": folder, "models_url": url, "provider_s": 10, **more}
    )
    out = io.StringIO()
    (finding,) = [each async for each in made_ready((name,), settings, out)]
    return finding.mark, finding.what, out.getvalue()


def nobodys_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


async def test_whisper_is_fetched_tried_and_the_next_time_only_tried(tmp_path: Path) -> None:
    async with model_server(published()) as server:
        mark, said, written = await outcome("whisper", tmp_path, server)
        assert (mark, said.partition(" works with ")[0]) == (Mark.GOOD, "whisper")
        assert "fetching model.bin" in written
        asked = len(server.asked)

        mark, _, written = await outcome("whisper", tmp_path, server)

    assert (mark, written, len(server.asked)) == (Mark.GOOD, "", asked)
    folder = tmp_path / "models" / "faster-whisper-small"
    assert names_in(folder) == ["config.json", "model.bin", "tokenizer.json", "vocabulary.json"]


async def test_piper_is_fetched_and_tried(tmp_path: Path) -> None:
    async with model_server(published()) as server:
        mark, said, _ = await outcome("piper", tmp_path, server)

    assert (mark, said.partition(" works with ")[0]) == (Mark.GOOD, "piper")
    assert names_in(tmp_path / "models") == [
        "pt_BR-faber-medium.onnx",
        "pt_BR-faber-medium.onnx.json",
    ]


async def test_the_name_of_the_place_says_which_model_is_meant(tmp_path: Path) -> None:
    files = {name.replace("small", "tiny"): body for name, body in published().items()}
    files = {
        name.replace("/faber/", "/cadu/").replace("-faber-", "-cadu-"): body
        for name, body in files.items()
    }
    whisper, piper = tmp_path / "faster-whisper-tiny", tmp_path / "pt_BR-cadu-medium.onnx"
    async with model_server(files) as server:
        heard, _, _ = await outcome("whisper", tmp_path, server, whisper_model=whisper)
        spoken, _, _ = await outcome("piper", tmp_path, server, piper_voice=piper)

    assert (heard, spoken) == (Mark.GOOD, Mark.GOOD)


async def test_an_older_kind_of_vocabulary_is_taken_too(tmp_path: Path) -> None:
    files = published()
    text = files.pop(f"{SMALL}/vocabulary.json")
    files[f"{SMALL}/vocabulary.txt"] = "\n".join(json.loads(text)).encode()
    async with model_server(files) as server:
        mark, said, _ = await outcome("whisper", tmp_path, server)

    assert mark is Mark.GOOD, said


async def test_a_model_that_does_not_load_is_fetched_again(tmp_path: Path) -> None:
    voice = tmp_path / "models" / "pt_BR-faber-medium.onnx"
    leave(voice, b"half a voice")
    leave(voice.with_name(f"{voice.name}.json"), b"{}")
    async with model_server(published()) as server:
        mark, _, written = await outcome("piper", tmp_path, server)

    assert mark is Mark.GOOD
    assert "piper is fetched again: PORTEIRO_PIPER_VOICE=" in written


async def test_a_model_of_somebodys_own_that_does_not_load_is_left_as_it_is(tmp_path: Path) -> None:
    voice = tmp_path / "nossa-voz.onnx"
    leave(voice, b"half a voice")
    leave(voice.with_name(f"{voice.name}.json"), b"{}")
    async with model_server(published()) as server:
        mark, said, _ = await outcome("piper", tmp_path, server, piper_voice=voice)

    assert mark is Mark.BAD
    assert "is no voice that can be loaded" in said
    assert (voice.read_bytes(), server.asked) == (b"half a voice", [])


async def test_what_a_model_of_somebodys_own_lacks_is_not_made_up_from_another(
    tmp_path: Path,
) -> None:
    voice = tmp_path / "nossa-voz.onnx"
    leave(voice, b"a voice")
    async with model_server(published()) as server:
        mark, said, _ = await outcome("piper", tmp_path, server, piper_voice=voice)

    assert mark is Mark.BAD
    assert "lacks nossa-voz.onnx.json, and by its name is nothing that is published" in said
    assert (names_in(tmp_path), server.asked) == (["nossa-voz.onnx"], [])


async def test_a_model_that_is_slow_is_not_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_settings: Settings) -> float:
        raise SpeechError("piper gave nothing within 10 s")

    monkeypatch.setattr(engines, "_speaks", never)
    async with model_server(published()) as server:
        await outcome("piper", tmp_path, server)
        fetched = len(server.asked)
        mark, said, _ = await outcome("piper", tmp_path, server)

    assert (mark, said) == (Mark.BAD, "piper: piper gave nothing within 10 s")
    assert len(server.asked) == fetched


async def test_what_is_published_and_does_not_load_is_told(tmp_path: Path) -> None:
    async with model_server({FABER: b"no voice", f"{FABER}.json": b"{}"}) as server:
        mark, said, _ = await outcome("piper", tmp_path, server)

    assert mark is Mark.BAD
    assert "is no voice that can be loaded" in said


async def test_a_download_that_breaks_off_is_told_and_gone_on_with(tmp_path: Path) -> None:
    async with model_server(published()) as server:
        server.breaks, server.breaks_after = 3, 2_000_000
        mark, said, _ = await outcome("whisper", tmp_path, server)
        assert mark is Mark.BAD
        assert "model.bin broke off 3 times: run this again, it goes on from there" in said

        mark, _, _ = await outcome("whisper", tmp_path, server)

        assert mark is Mark.GOOD
        assert [asked for _, asked in server.asked][-1] is not None


async def test_without_a_network_it_says_what_to_put_where(tmp_path: Path) -> None:
    mark, said, _ = await outcome("whisper", tmp_path)

    assert mark is Mark.BAD
    assert "cannot be reached: this machine seems to have no way to it" in said
    assert "fetch the files of http://127.0.0.1:" in said
    assert str(tmp_path / "models" / "faster-whisper-small") in said
    assert "\n" not in said


async def test_a_mirror_that_lacks_it_is_told(tmp_path: Path) -> None:
    async with model_server() as server:
        mark, said, _ = await outcome("piper", tmp_path, server)

    assert mark is Mark.BAD
    assert said.endswith("check PORTEIRO_MODELS_URL")


async def test_an_engine_that_is_slower_than_its_limit_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slowly(_settings: Settings) -> float:
        return 2.5

    monkeypatch.setattr(engines, "_hears", slowly)
    mark, said, _ = await outcome("whisper", tmp_path, whisper_model=whisper_that(), provider_s=1.5)

    assert mark is Mark.DOUBTFUL
    assert "a first answer in 2.5 s, and PORTEIRO_PROVIDER_SECONDS is 1.5" in said


async def test_an_engine_that_is_not_installed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "installed", lambda name: False)
    assert (await outcome("piper", tmp_path))[:2] == (
        Mark.BAD,
        "piper is not installed: pip install 'porteiro[piper]'",
    )


async def test_a_check_tries_the_engines_that_are_named_and_fetches_nothing(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        transcribers=("whisper",),
        synthesizers=("piper",),
        provider_s=10,
        whisper_model=whisper_that(),
    )
    whisper, piper = await tried(settings)
    assert (whisper.mark, piper.mark) == (Mark.GOOD, Mark.BAD)
    assert "fetch one with `porteiro setup --speech piper`" in piper.what
    assert await tried(Settings(data_dir=tmp_path)) == []


async def test_an_engine_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert await setup(speech="whisper,vosk") == 2
    assert capsys.readouterr().err == "--speech knows no 'vosk': say whisper or piper\n"
