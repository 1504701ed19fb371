"""What may be answered to each question: the closed grammars of the embedded recognizer."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from porteiro.dialogue.terms import Question
from porteiro.speech.pocketsphinx.spoken_numbers import spoken_apartments

YES_FLOOR = -10.5
"""A yes must be this likely beside free phones, in log units of base 1.0001 a frame."""
_NO_FLOOR = -8.0
"""Stricter than for a bare yes: no question asks whether a no was meant, and bursts of noise
sound like "não"."""
_LONG_YES_FLOOR = -3.0
_LONG_NO_FLOOR = -6.0
"""Several words in a row bend themselves to nearly any speech of their length."""
_UNCLEAR_FLOOR = -12.0
_FACT_FLOORS = {Question.PURPOSE: -17.0, Question.APARTMENT: -24.0}
_NAME_FLOOR = -15.0
MAX_PHRASES = 3000
"""More answers than these take longer to tell apart than a person at a gate will wait."""

_WORD = re.compile(r"[^\W\d_]+")

_YES = (
    *("sim", "pode sim", "pode entrar", "sim pode entrar", "pode deixar entrar"),
    *("deixa entrar", "autorizo", "sim autorizo", "pode liberar", "sim pode liberar"),
)
_TOO_NEAR = ("pode",)
"""A yes that is heard in "o quê?" as well, so that it is asked again."""
_NO = ("não", "não pode", *(f"não {yes}" for yes in _YES), "não libera", "não deixa")
_UNCLEAR = (
    *("quem é", "não sei", "espera um pouco", "um momento", "talvez", "o quê", "pode repetir"),
    *("não entendi", "alô", "depende", "não conheço", "qual o nome", "como"),
    *("sinto muito ligue mais tarde", "ligue mais tarde", "agora não posso"),
)
_RIGHT = ("sim", "isso", "isso mesmo", "certo", "está certo", "correto")
_WRONG = ("não", "não é", "não não é", "errado", "está errado", *(f"não {yes}" for yes in _RIGHT))

_PURPOSES = (
    *("visita", "uma visita", "é visita", "vim fazer uma visita", "vim visitar", "vim para visita"),
    *("entrega", "uma entrega", "é entrega", "tenho uma entrega", "vim fazer uma entrega"),
    *("encomenda", "uma encomenda", "tenho uma encomenda", "entrega de comida", "correio"),
    *("serviço", "é serviço", "prestação de serviço", "vim fazer um serviço", "conserto"),
    *("manutenção", "é manutenção", "vim fazer uma manutenção", "técnico", "sou o técnico"),
    *("técnico da internet", "eletricista", "encanador", "faxina", "limpeza", "reforma"),
)
_ANYWHERE = (
    *("não sei", "o quê", "pode repetir", "não entendi", "alô"),
    *("quero falar com o porteiro", "falar com o porteiro"),
)
_APARTMENT_OPENINGS = ("apartamento", "é o", "no apartamento", "é no")
_NAME_OPENINGS = ("a", "o", "dona", "seu", "com a", "com o", "é a", "é o")
_PARTICLES = {"de", "da", "do", "das", "dos", "e"}


@dataclass(frozen=True, slots=True)
class Phrase:
    """One answer: the words as spoken, the text they come to, and how clear they must be.

    `floor` is the least log likelihood ratio, a frame of speech, against free phones.
    `alone` says that nothing else may be heard around it. A phrase without text is there
    so that it is not taken for another.
    """

    spoken: str
    text: str
    floor: float
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Grammar:
    """All answers that are heard, each perhaps after one of a few opening words."""

    phrases: tuple[Phrase, ...]
    openings: tuple[str, ...] = ()


def grammar_for(question: Question, vocabulary: tuple[str, ...]) -> Grammar:
    """Return what may be answered to `question`; empty where anything might be.

    `vocabulary` are the apartments or full names of the directory, as it spells them.
    """
    match question:
        case Question.VISITOR:
            return Grammar(())
        case Question.AUTHORIZE | Question.CONFIRM_AUTHORIZE | Question.CONFIRM_APARTMENT:
            return Grammar(_answers(question))
        case Question.PURPOSE:
            return _facts(question, ((each, each) for each in _PURPOSES), ())
        case Question.APARTMENT:
            said = (form for label in vocabulary for form in spoken_apartments(label))
            return _facts(question, said, _APARTMENT_OPENINGS)
        case Question.RESIDENT | Question.SURNAME:
            said = (form for name in vocabulary for form in _spoken_names(name, question))
            return _facts(question, said, _NAME_OPENINGS)


def _answers(question: Question) -> tuple[Phrase, ...]:
    """Return the answers to a yes/no question; for every yes there is its no."""
    if question is Question.CONFIRM_APARTMENT:
        return (*_yes(_RIGHT), *_no(_WRONG), *_unclear(_ANYWHERE))
    others = (*_no(_NO), *_unclear(_UNCLEAR))
    if question is Question.AUTHORIZE:
        return (*_yes(_YES), *_decoys(_TOO_NEAR), *others)
    return (*_yes(("sim",)), *_decoys((*_YES[1:], *_TOO_NEAR)), *others)


def _yes(spoken: Iterable[str]) -> tuple[Phrase, ...]:
    return tuple(_decisive(each, YES_FLOOR, _LONG_YES_FLOOR) for each in spoken)


def _no(spoken: Iterable[str]) -> tuple[Phrase, ...]:
    return tuple(_decisive(each, _NO_FLOOR, _LONG_NO_FLOOR) for each in spoken)


def _decisive(spoken: str, floor: float, long_floor: float) -> Phrase:
    return Phrase(spoken, spoken, long_floor if " " in spoken else floor, alone=True)


def _decoys(spoken: Iterable[str]) -> tuple[Phrase, ...]:
    return tuple(Phrase(each, "", 0.0) for each in spoken)


def _unclear(spoken: Iterable[str]) -> tuple[Phrase, ...]:
    return tuple(Phrase(each, each, _UNCLEAR_FLOOR, alone=True) for each in spoken)


def _facts(
    question: Question, said: Iterable[tuple[str, str]], openings: tuple[str, ...]
) -> Grammar:
    """Return one phrase for each way of speaking, and the answers that always fit."""
    texts: dict[str, str] = {}
    for spoken, text in said:
        texts.setdefault(spoken, text)
    floor = _FACT_FLOORS.get(question, _NAME_FLOOR)
    phrases = [Phrase(spoken, text, floor) for spoken, text in texts.items()]
    return Grammar((*phrases[:MAX_PHRASES], *_unclear(_ANYWHERE)), openings)


def _spoken_names(name: str, question: Question) -> Iterator[tuple[str, str]]:
    """Yield the ways to say a person's name: all of it, first and last, or one of them."""
    words = _WORD.findall(name)
    parts = [word for word in words if word.lower() not in _PARTICLES]
    if not parts:
        return
    ways = [words, [parts[0], parts[-1]], parts[:1]]
    if question is Question.SURNAME:
        ways += [[part] for part in parts[1:]]
    for way in ways:
        yield " ".join(way).lower(), " ".join(way)
