"""The line filters: one line in, one line of JSON out, whatever comes in."""

import io
import json
from pathlib import Path

import pytest

from porteiro.cli.filters import judge_lines, understand_lines

DIRECTORY = [
    {"apartment_number": "501", "residents": ["Renata Oliveira"], "voip_number": "1003030"}
]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "apartamentos.json"
    path.write_text(json.dumps(DIRECTORY), encoding="utf-8")
    return path


def understood(directory: Path, text: str) -> list[dict[str, object]]:
    out = io.StringIO()
    assert understand_lines(directory, io.StringIO(text), out) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_understand_writes_exactly_the_four_facts(directory: Path) -> None:
    line = json.dumps({"said": "sou o Pedro, entrega pro 501", "asked": None})
    assert understood(directory, line + "\n") == [
        {"purpose": "entrega", "visitor": "Pedro", "apartment": "501", "resident": None}
    ]


def test_understand_takes_a_short_answer_for_what_was_asked(directory: Path) -> None:
    lines = "".join(
        json.dumps({"said": "Renata", "asked": asked}) + "\n" for asked in ("visitor", "resident")
    )
    facts = understood(directory, lines)
    assert [fact["visitor"] for fact in facts] == ["Renata", None]
    assert [fact["resident"] for fact in facts] == [None, "Renata"]


@pytest.mark.parametrize(
    "bad", ["", "{", "[]", "7", '{"said": 7}', '{"said": "oi", "asked": "x"}', '{"asked": null}']
)
def test_a_bad_line_is_answered_and_the_next_one_is_understood(directory: Path, bad: str) -> None:
    good = json.dumps({"said": "501", "asked": "apartment"})
    first, second = understood(directory, f"{bad}\n{good}\n")
    assert list(first) == ["error"]
    assert second["apartment"] == "501"


def test_an_unusable_directory_is_told_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = io.StringIO()
    assert understand_lines(tmp_path / "none.json", io.StringIO("x\n"), out) != 0
    assert out.getvalue() == ""
    assert "none.json" in capsys.readouterr().err


def test_judge_answers_each_line(directory: Path) -> None:
    out = io.StringIO()
    assert judge_lines(io.StringIO("pode entrar\nnão autorizo\n\n"), out) == 0
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [answer["answer"] for answer in answers] == ["yes", "no", "unclear"]
    assert all(set(answer) == {"answer", "words", "kind"} for answer in answers)


def test_each_line_is_flushed_before_the_next_is_read(directory: Path) -> None:
    seen: list[int] = []

    class Out(io.StringIO):
        flushed = 0

        def flush(self) -> None:
            self.flushed += 1

    out = Out()

    class In(io.StringIO):
        def __next__(self) -> str:  # type: ignore[override]  # typeshed says bytes
            seen.append(out.flushed)
            return super().__next__()

    judge_lines(In("sim\nnão\n"), out)
    assert seen == [0, 1, 2]
