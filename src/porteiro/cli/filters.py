"""The two line filters for whoever tunes a site: a line in, a line of JSON out."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from porteiro.dialogue.judge import judge
from porteiro.dialogue.terms import Question, Understood
from porteiro.dialogue.understanding import understand
from porteiro.errors import DirectoryError
from porteiro.storage.directory_file import read_directories

_QUESTIONS = {
    question.value: question
    for question in (Question.PURPOSE, Question.VISITOR, Question.APARTMENT, Question.RESIDENT)
}


class _BadLineError(Exception):
    """A line of input that the filter cannot use; the message says what is expected."""


def judge_lines(stdin: TextIO, stdout: TextIO) -> int:
    """Judge a resident's answer a line: `{"answer", "words", "kind"}` for each.

    Returns the exit status, 0.
    """

    def answer(line: str) -> dict[str, object]:
        judgement = judge(line)
        return {
            "answer": str(judgement.answer),
            "words": judgement.words,
            "kind": judgement.kind and str(judgement.kind),
        }

    return _filter(stdin, stdout, answer)


def understand_lines(directory_path: Path, stdin: TextIO, stdout: TextIO) -> int:
    """Understand a visitor's words a line: `{"said", "asked"}` in, the four facts out.

    Returns the exit status: 1, with a line on standard error, when the directory file is
    of no use, else 0.
    """
    try:
        read = read_directories(directory_path)
    except DirectoryError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stderr.writelines(f"{problem}\n" for problem in read.problems)
    directories = read.directories.values()
    residents = tuple(name for directory in directories for name in directory.residents())
    apartments = tuple(label for directory in directories for label in directory.apartments())

    def answer(line: str) -> dict[str, object]:
        said, asked = _request(line)
        return _facts(understand(said, asked, residents, apartments))

    return _filter(stdin, stdout, answer)


def _filter(stdin: TextIO, stdout: TextIO, answer: Callable[[str], dict[str, object]]) -> int:
    """Answer every line as it comes, so that another program can hold a dialogue with us."""
    for line in stdin:
        try:
            result = answer(line.rstrip("\r\n"))
        except _BadLineError as error:
            result = {"error": str(error)}
        stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        stdout.flush()
    return 0


def _request(line: str) -> tuple[str, Question | None]:
    try:
        request = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise _BadLineError(f"not a line of JSON: {error}") from error
    if not isinstance(request, dict) or not isinstance(request.get("said"), str):
        raise _BadLineError('expected an object {"said": text, "asked": question or null}')
    asked = request.get("asked")
    if asked is None:
        return request["said"], None
    if not isinstance(asked, str) or asked not in _QUESTIONS:
        raise _BadLineError(f"asked must be null or one of {', '.join(_QUESTIONS)}")
    return request["said"], _QUESTIONS[asked]


def _facts(understood: Understood) -> dict[str, object]:
    purpose = understood.purpose
    return {
        "purpose": purpose.value if purpose is not None else None,
        "visitor": understood.visitor,
        "apartment": understood.apartment,
        "resident": understood.resident,
    }
