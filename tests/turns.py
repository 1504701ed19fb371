"""Turns of people at a gate, as a transcriber that streams hears them: data and its readers.

`tests/data/turns/unfinished.tsv` holds sentences with the pauses, in seconds, inside them;
`answers.tsv` complete answers, some with places to fill; `back_channels.tsv` what is said
while Porteiro talks. Those of the rounds, and `answers_held_back.tsv`, were written before the
rules had met them, the third round after the last mend. The column `asked` is a question, or
one of the two occasions on which the same question wants something else: "purpose_only" and
"block".
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

from porteiro.condominiums.directory import Apartment, Directory
from porteiro.dialogue.facts import Facts
from porteiro.dialogue.terms import Purpose, Question
from porteiro.dialogue.turn_ending import Ending, ending

DIRECTORY: Final = Directory(
    (
        Apartment("501", ("Renata Oliveira", "Guilherme Andrade"), ("1001",)),
        Apartment("502", ("Camila Rezende",), ("1002",)),
        Apartment("603", ("Maria Fonseca", "Maria Aparecida Lima"), ("1003",)),
        Apartment("1102", ("Leonardo Cunha",), ("1004",)),
        Apartment("66", ("Célia Prado",), ("1005",)),
        Apartment("120", ("Otávio Prado",), ("1006",)),
        Apartment("A-204", ("Rafaela Nunes",), ("1007",)),
        Apartment("B-204", ("Joana Braga",), ("1008",)),
        Apartment("B-41", ("Tiago Melo",), ("1009",)),
        Apartment("Cobertura", ("Rita Souza",), ("1010",)),
    )
)
NOBODY: Final = Directory(())

_FILLED: Final = {
    "to": ("para o", "pro", "no"),
    "apartment": ("quinhentos e um", "cinco zero um", "501", "seiscentos e três", "meia zero três",
                  "mil cento e dois", "onze zero dois", "sessenta e seis", "cento e vinte"),
    "other": ("502", "quinhentos e dois", "cinco zero dois", "seiscentos e três"),
    "visitor": ("Pedro", "Maria", "João da Silva", "Ana Paula", "Wellington", "Severino",
                "Maria das Dores", "Cleiton"),
    "article": ("o", "a"),
    "resident": ("Renata", "a Renata", "Renata Oliveira", "dona Renata", "o Guilherme",
                 "seu Guilherme", "Guilherme Andrade", "a Renata Oliveira"),
    "surname": ("Fonseca", "Lima", "Aparecida Lima", "Aparecida", "de Lima", "da Fonseca",
                "Fonseca mesmo", "Lima viu"),
    "block": ("bloco A", "bloco B", "bloco a", "prédio B"),
    "tower": ("torre A", "torre B", "ala A", "torre b"),
    "errand": ("uma entrega", "uma visita", "um serviço", "uma encomenda", "manutenção",
               "uma instalação", "delivery", "faxina"),
    "yes": ("sim", "autorizo", "pode entrar", "pode subir", "pode sim", "claro que sim",
            "pode liberar", "com certeza"),
    "no": ("não", "não autorizo", "de jeito nenhum", "nem pensar", "não pode entrar",
           "não libera", "negativo"),
}  # fmt: skip
_PLACE: Final = re.compile(r"\{(\w+)\}")
_PAUSE: Final = re.compile(r"\s*\[(\d\.\d)\]\s*")


@dataclass(frozen=True, slots=True)
class Said:
    """Words said to a question, whole or so far, and the pause after them in seconds."""

    asked: str
    text: str
    pause_s: float = 0.0

    @property
    def question(self) -> Question:
        """The question as the dialogue puts it."""
        return Question({"purpose_only": "purpose", "block": "surname"}.get(self.asked, self.asked))

    def ending(self) -> Ending:
        """Return what the rules say of it."""
        return ending(self.text, self.question, DIRECTORY, known_when(self.asked))


def known_when(asked: str) -> Facts:
    """Return what a conversation knows by the time it asks this."""
    delivery = Facts(purpose=Purpose.DELIVERY)
    named = Facts(purpose=Purpose.DELIVERY, visitor="Pedro")
    home = DIRECTORY.find("501", None)
    return {
        "purpose_only": Facts(visitor="Pedro", apartment="501", resident="Renata", match=home),
        "visitor": delivery,
        "apartment": named,
        "resident": Facts(Purpose.DELIVERY, "Pedro", "501", match=home),
        "surname": Facts(Purpose.DELIVERY, "Pedro", "603", "Maria"),
        "block": Facts(Purpose.DELIVERY, "Pedro", "204"),
        "confirm_apartment": Facts(Purpose.DELIVERY, "Pedro", "501"),
    }.get(asked, Facts())


def unfinished(name: str = "unfinished") -> list[list[Said]]:
    """Return the unfinished turns: for each its words up to each pause, then all of them."""
    turns = []
    for row in _rows(name):
        pieces = _PAUSE.split(row["turn"])
        texts, pauses = pieces[::2], [*map(float, pieces[1::2]), 0.0]
        said = [
            Said(row["asked"], " ".join(texts[: n + 1]), pause) for n, pause in enumerate(pauses)
        ]
        turns.append([each for each in said if each.pause_s > 0 or each is said[-1]])
    return turns


def answers(name: str = "answers") -> list[Said]:
    """Return the complete answers, their places filled in every way."""
    return [Said(row["asked"], text) for row in _rows(name) for text in _fill(row["said"])]


def clear_answers() -> list[tuple[str, str]]:
    """Return what residents answer, and whether that is a "yes", a "no" or "unclear"."""
    names = ("everyday", "telephone", "held_out", "held_out_telephone")
    rows = [row for name in names for row in _rows(name, "answers")]
    return [(row["answer"], row["expected"]) for row in rows]


def back_channels() -> list[tuple[Question, str, bool]]:
    """Return the question, what was said meanwhile, and whether it only shows attention."""
    return [
        (Question(row["asked"]), row["said"], row["back_channel"] == "yes")
        for row in _rows("back_channels")
    ]


def _fill(pattern: str) -> Iterator[str]:
    places = _PLACE.findall(pattern)
    for words in product(*(_FILLED[place] for place in places)):
        yield pattern.format(**dict(zip(places, words, strict=True)))


def _rows(name: str, kind: str = "turns") -> list[dict[str, str]]:
    path = Path(__file__).parent / "data" / kind / f"{name}.tsv"
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
