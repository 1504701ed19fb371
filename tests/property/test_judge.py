"""What must hold of every answer: no negation, doubt or stray text ever makes a yes."""

import unicodedata
from pathlib import Path

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from porteiro.dialogue.judge import Answer, judge

_ANSWERS = Path(__file__).parents[1] / "data" / "answers"
_ROWS = [
    line.split("\t")
    for name in ("everyday.tsv", "telephone.tsv", "held_out.tsv")
    for line in (_ANSWERS / name).read_text(encoding="utf-8").split("\n")[1:]
    if line
]
YESES = [said for said, expected, _ in _ROWS if expected == "yes"]
EVERYTHING = [said for said, _, _ in _ROWS]
VOCABULARY = sorted({word for said in EVERYTHING for word in said.split()})

_BEFORE = (
    *(
        "não ",
        "não, ",
        "nunca ",
        "talvez ",
        "não sei se ",
        "acho que ",
        "será que ",
        "e se ",
        "se ",
    ),
    *(
        "ele disse que ",
        "ela falou: ",
        "só se ",
        "quem falou ",
        "depois ",
        "daqui a pouco ",
        "espera, ",
    ),
    *("meu marido disse que ", "quando eu chegar ", "é pra dizer que ", "não é que ", "sim ou "),
)
_AFTER = (
    *(
        "?",
        " ?",
        ", quer dizer, não",
        " quer dizer não",
        " só que não",
        " não",
        ", não",
        " se for ele",
    ),
    *(" mas só ele", "...", " mas", " talvez", " amanhã", " depois", " ou não", ", ele disse", "-"),
    *(
        ", espera",
        " daqui a pouco",
        " quem é",
        " acho",
        ", sei lá",
        " né?",
        " e",
        " foi o que ele falou",
    ),
)

_NAMES_FOLLOW = {"o", "a", "os", "as", "seu", "dona", "meu", "minha", "doutor", "senhora"}


def _is_yes(said: str) -> bool:
    return judge(said).answer is Answer.YES


# Each spoiler meets every third yes, a different third each time: the suite stays quick.
def test_nothing_put_before_a_yes_to_spoil_it_leaves_a_yes() -> None:
    assert not [
        before + yes
        for n, before in enumerate(_BEFORE)
        for yes in YESES[n % 3 :: 3]
        if _is_yes(before + yes)
    ]


def test_nothing_put_after_a_yes_to_spoil_it_leaves_a_yes() -> None:
    assert not [
        yes.rstrip(".!") + after
        for n, after in enumerate(_AFTER)
        for yes in YESES[n % 3 :: 3]
        if _is_yes(yes.rstrip(".!") + after)
    ]


def test_a_condition_anywhere_in_a_yes_leaves_no_yes() -> None:
    spoiled = [
        " ".join([*words[:at], "se", *words[at:]])
        for words in map(str.split, YESES[::2])
        for at in range(len(words) + 1)
    ]
    assert not [said for said in spoiled if _is_yes(said)]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(YESES), st.data())
def test_a_word_that_nobody_explained_anywhere_in_a_yes_leaves_no_yes(
    yes: str, data: st.DataObject
) -> None:
    words = yes.split()
    at = data.draw(st.integers(0, len(words)))
    # "Deixa o … subir" names somebody, whoever it is.
    assume(not at or words[at - 1].lower().rpartition("-")[2] not in _NAMES_FOLLOW)
    stranger = data.draw(st.from_regex(r"\A[kwyx][bcdfgjz]{2,6}\Z"))
    assert not _is_yes(" ".join([*words[:at], stranger, *words[at:]]))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(VOCABULARY), max_size=12))
def test_any_words_in_any_order_are_judged_and_a_bare_no_among_them_is_never_a_yes(
    words: list[str],
) -> None:
    assert judge(" ".join(words)).answer in Answer
    assert not _is_yes(" ".join([*words, "não"]))


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_at_all_is_judged(said: str) -> None:
    judgement = judge(said)
    assert (judgement.kind is None) == (judgement.answer is not Answer.UNCLEAR)


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet=st.characters(categories=["Cs", "So", "Cc", "Mn"])))
def test_signs_alone_are_never_an_answer(said: str) -> None:
    assert judge(said).answer is Answer.UNCLEAR


def test_case_accents_and_spaces_change_no_verdict() -> None:
    for said in EVERYTHING[::3]:
        plain = "".join(
            c for c in unicodedata.normalize("NFD", said) if not unicodedata.combining(c)
        )
        spaced = said.replace(",", " , ").replace("?", " ? ")
        for other in (said.upper(), plain, f"  {said}\n", spaced, said.title()):
            assert judge(other) == judge(said), other
