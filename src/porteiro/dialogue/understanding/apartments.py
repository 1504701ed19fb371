"""Which apartment was said, among all the numbers that people say at a gate."""

import re
from dataclasses import dataclass

from porteiro.dialogue.numbers import Numeral, joined
from porteiro.dialogue.understanding.corrections import is_denied, takes_back
from porteiro.dialogue.understanding.labels import (
    BLOCK_WORDS,
    ORDINALS,
    Label,
    block_at,
    parse_label,
)
from porteiro.dialogue.understanding.reading import Reading

_UNIT = r"apartamento|apartamentos|apto|apt|ap|ape|a p|unidade|conjunto|cj|aptº"
_LINK = r"(?: (?:e|o|a|numero|num|n|nº|º|°|de|do|no|na|aqui|sao|que|da|eh|la|era|seria))*"
_MARKED = re.compile(rf" (?:{_UNIT}){_LINK} $")
_NUMBERED = re.compile(r" (?:casa|sala|numero|num|n|nº|n º|n °)(?: (?:e|o|º|°|de))* $")
_LED = re.compile(
    r" (?:no|na|do|da|o|ao|pro|pra|para|e|em|la|aqui|ali|moro|mora|isso|de) (?:o |a |no |na )?$"
)
_BLOCK_FOLLOWS = re.compile(
    r"^(?:,? ?)(?:d[oa] |n[oa] |na )?(?:bloco|bl|torre|predio|edificio|ala) "
)

_STREET = re.compile(
    r" (?:rua|avenida|av|alameda|travessa|estrada|rodovia|praca|br|cep)(?: [^#\s]+){0,5} $"
)
_NOT_AFTER = re.compile(
    r" (?:as|das|ate|ate as|desde|umas|uns|sao|pedidos?|nota|notas|protocolo|codigo|senha|cpf"
    r"|rg"
    r"|placa|ramal|conta|cracha|matricula|contrato"
    r"|fiscal|final|ordem|rastreio|rastreamento|loja|km"
    r"|linha|r\$|reais|valor|preco|custa|custou|total|dia|ha|faz|menos|mais|canal|os)"
    r"(?: (?:e|de|do|da|o|a|numero|num|n|º|meu|com|era|dos))* $"
)
_PAPERS = re.compile(
    r" (?:cpf|rg|cnpj|telefone|celular|whatsapp|zap|documento|identidade|contato)"
    r"(?: (?:e|o|meu|numero|n|aqui|#))* $"
)
_PLACE = re.compile(
    r" (?:andar|piso|vaga|garagem|portao|elevador|portaria)(?: (?:e|o|numero"
    r"|n))* $"
)
_FLOOR = re.compile(rf" (?:{'|'.join(ORDINALS)}|# º) andar $")
_CLOCK = re.compile(r" (?:as|sao|umas|ate|das) # e $")
_YEAR = re.compile(r" (?:em|ano|ano de|desde|janeiro de|marco de|dezembro de|copa de) $")
_COUNTED = re.compile(
    r"^(?:e )?(?:horas?|hs?|minut(?:os?|inhos?)|min|segundos?|anos?|anin?hos|dias?|mes|meses"
    r"|semanas?"
    r"|reais|real|contos?|pilas?|centavos|por cento|quilos?|kg|gramas|litros?|metros?|km"
    r"|caix(?:as?"
    r"|inhas?)|pacot(?:es?|inhos?)|pizzas?|pessoas?|volumes?|sacolas?|entregas?|encomendas?"
    r"|pedidos?"
    r"|itens|item|unidades|vez|vezes|marmit(?:as?|ex)|quentinhas|lanches?|garrafas?|gal(?:ao"
    r"|oes)"
    r"|boti(?:jao|joes)|envelopes?|documentos?|cartas?|criancas?|amig[oa]s|cachorros?|gatos?"
    r"|moveis"
    r"|andar|andares|quartos?|meia|pouco|quinze|em ponto|da (?:manha|tarde|noite|madrugada)"
    r"|do dia"
    r"|food|taxi|pop|moto|graus|vias?|cadeiras?|homens|mulheres|hambur\w+|refri\w*|cocas?"
    r"|cervejas?"
    r"|litr\w+|produtos?|sacos?|fardos?|malas?|filhos|tecnicos|funcionarios|rapazes|colegas"
    r"|pastel"
    r"|pasteis|esfihas|cestas|buques|rosas|flores|camas|portas|lugar|lugares|[ºª°](?! ?#)"
    r"|[ao] andar"
    r"|¤|desculpas|obrigad[oa]s|perdoes|beijos|abracos|maneiras|coisas|carros?) "
)
"""What numbers count: "duas caixas", "dez minutos", "mil desculpas"."""
_ONE_THING = re.compile(
    r"^(?:caix(?:a|inha)|pacot(?:e|inho)|pizza|volume|sacola|entrega|encomenda|pedido|item|marmit(?:a|ex)"
    r"|lanche|galao|botijao|envelope|documento|carta|amig[oa]|produto|mala|moto|carro|food|taxi) "
)
"""A single thing after hundreds is not counted by them: "trezentos e dois, entrega"."""
_LETTERS = frozenset("bcdfgh")
_MAX_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Found:
    """An apartment as it is to be written, and the words it was read from."""

    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    digits: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class _Block:
    name: str
    start: int
    end: int


def find_apartment(reading: Reading, known: tuple[str, ...], *, asked: bool) -> Found | None:
    """Return the apartment said, written as in `known` where it is there.

    `asked` says that the apartment was just asked for, so that a bare number is one.
    """
    labels = {parse_label(spelling): spelling for spelling in known}
    blocks = _blocks(reading)
    numbers = _free_numbers(reading, blocks)
    best: _Candidate | None = None
    for place, number in enumerate(numbers):
        more = place + 1 < len(numbers)
        candidate = _judge(reading, number, blocks, labels, asked=asked)
        if is_denied(reading.before(number.start), another_follows=more):
            continue
        if best is None:
            best = candidate if candidate.score > 0 else None
        elif _replaces(reading, candidate, best):
            best = candidate
    if best is None:
        return _by_word(reading, known)
    label = Label(_block_of(reading, best, blocks, labels), best.digits)
    return Found(_written(label, labels), best.start, best.end)


def _replaces(reading: Reading, later: _Candidate, held: _Candidate) -> bool:
    """Tell a number that corrects the one held, begins it anew, or is likelier."""
    if later.score > held.score:
        return True
    begun = [word.folded for word in reading.words[held.start : held.end]]
    anew = [word.folded for word in reading.words[later.start : later.end]][: len(begun)]
    restarted = held.end == later.start and begun == anew
    return later.score >= 0 and (restarted or takes_back(_between(reading, held.end, later.start)))


def _blocks(reading: Reading) -> list[_Block]:
    """Return the blocks named with their marker: "bloco A", "torre dois"."""
    folded = [word.folded for word in reading.words]
    found = []
    for position, word in enumerate(folded):
        if word not in BLOCK_WORDS:
            continue
        named = block_at(folded, position + 1)
        if named is None or (named[0] in {"a", "e", "o"} and not _block_ends(reading, named[1])):
            continue
        found.append(_Block(named[0], position, named[1]))
    return found


def _block_ends(reading: Reading, position: int) -> bool:
    """Tell the block A of "bloco A, 204" from the article of "no prédio a Renata"."""
    rest = reading.after(position)
    return (
        re.match(rf"^$|#|(?:{_UNIT}|casa|numero|no|na|do|e|para|pra|pro|com|por|de) ", rest)
        is not None
    )


def _free_numbers(reading: Reading, blocks: list[_Block]) -> list[Numeral]:
    """Return the numbers strung together, without those that name a block."""
    taken = {place for block in blocks for place in range(block.start, block.end)}
    spans: list[Numeral] = []
    group: list[Numeral] = []
    for numeral in (n for n in reading.numbers if n.start not in taken):
        if group and (group[-1].end != numeral.start or _both_whole(group[-1], numeral)):
            spans += joined(group)
            group = []
        group.append(numeral)
    return spans + joined(group)


def _both_whole(one: Numeral, other: Numeral) -> bool:
    """Tell an apartment said twice, "501 501", from one said in parts."""
    return min(len(one.digits), len(other.digits)) >= 3


def _judge(
    reading: Reading,
    number: Numeral,
    blocks: list[_Block],
    labels: dict[Label, str],
    *,
    asked: bool,
) -> _Candidate:
    """Say how likely a number is an apartment: 0 hardly, below 0 certainly not."""
    digits = _once(number.digits).lstrip("0") or "0"
    before, after = reading.before(number.start), reading.after(number.end)
    score = 0.0
    marked = _MARKED.search(before) is not None
    by_block = any(b.end == number.start for b in blocks) or bool(_BLOCK_FOLLOWS.match(after))
    article = reading.words[number.start].folded in {"um", "uma"} and len(digits) == 1
    if (
        (article and not marked and _continues(after))
        or len(digits) > _MAX_DIGITS
        or digits == "0"
        or _is_count(digits, after)
    ):
        score = -1.0
    elif marked or by_block:
        score = 3.0
    elif (
        any(p.search(before) for p in (_STREET, _NOT_AFTER, _PAPERS, _CLOCK))
        or _is_year(digits, before)
        or (len(digits) < 3 and _at_place(before))
    ):
        score = -1.0
    elif (
        _NUMBERED.search(before)
        or (asked)
        or (len(digits) >= 2 and _LED.search(before) and digits != "99")
    ):
        score = 2.0
    elif _looks_right(reading, number, digits) or (
        not article and any(label.number == digits for label in labels)
    ):
        score = 1.0 if len(digits) >= 2 else 0.0
    if score > 0 and any(label.number == digits for label in labels):
        score += 0.5
    return _Candidate(digits, number.start, number.end, score)


def _is_count(digits: str, after: str) -> bool:
    """Tell a number of things from an apartment that a thing is named after."""
    one = len(digits) >= 3 and _ONE_THING.match(after) is not None
    return not one and _COUNTED.match(after) is not None


def _looks_right(reading: Reading, number: Numeral, digits: str) -> bool:
    """Whether a number is one that stands for an apartment without a word to say so."""
    last = number.end == len(reading.words)
    return len(digits) in {3, 4} or (
        len(digits) == 2 and last and reading.words[number.start].after_pause
    )


def _continues(after: str) -> bool:
    """Tell the article "um" from the number: a noun follows it."""
    return bool(after) and not re.match(r"^(?:n[ao]|d[ao]|por|e|torre|bloco|obrigad\w) ", after)


def _at_place(before: str) -> bool:
    """Tell a floor's or a gate's number from an apartment's after its floor."""
    return _PLACE.search(before) is not None and not _FLOOR.search(before)


def _is_year(digits: str, before: str) -> bool:
    return len(digits) == 4 and digits[:2] in {"19", "20"} and _YEAR.search(before) is not None


def _once(digits: str) -> str:
    half = len(digits) // 2
    return digits[:half] if half >= 3 and digits[:half] == digits[half:] else digits


def _between(reading: Reading, end: int, start: int) -> str:
    return reading.before(start)[reading.at[end] - 1 :] if end < len(reading.words) else ""


def _block_of(
    reading: Reading, best: _Candidate, blocks: list[_Block], labels: dict[Label, str]
) -> str:
    if blocks:
        return blocks[-1].name
    beside = [
        reading.words[place].folded
        for place in (best.end, best.start - 1)
        if 0 <= place < len(reading.words)
    ]
    for word in beside:
        if len(word) == 1 and (word in _LETTERS or Label(word, best.digits) in labels):
            return word
    return ""


def _written(label: Label, labels: dict[Label, str]) -> str:
    """Return the directory's spelling; a block said where there is none is left out."""
    if label in labels:
        return labels[label]
    if labels and not any(known.block for known in labels):
        return label.number
    return str(label)


def _by_word(reading: Reading, known: tuple[str, ...]) -> Found | None:
    """Find an apartment that has no number, like "Cobertura"."""
    for spelling in known:
        name = parse_label(spelling).number
        if name and not any(c.isdigit() for c in name) and f" {name} " in reading.line:
            return Found(spelling, 0, 0)
    return None
