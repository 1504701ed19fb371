"""Everything Porteiro says, in Brazilian Portuguese.

Fixed phrases depend on the condominium alone and are synthesized before its first
call. A phrase with something of this visit in it keeps that part in a segment of its
own, so that all the rest comes from the cache. Nothing said to a visitor holds a
resident's name or number, or tells whether anybody lives somewhere.
"""

from dataclasses import dataclass

from porteiro.dialogue.effects import Beep, Playback, Segment, Words
from porteiro.dialogue.facts import Facts
from porteiro.dialogue.numbers import spell_digits
from porteiro.dialogue.terms import Decision, Purpose, Question


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something to say: a key for logs and tests, and its segments in order.

    For `answerable_after` see `Say`.
    """

    key: str
    segments: tuple[Segment, ...]
    answerable_after: int = 0


FIXED: dict[str, str] = {
    "ask_purpose": "É uma visita, uma entrega ou um serviço?",
    "ask_visitor": "Qual é o seu nome?",
    "ask_apartment": "Qual é o número do apartamento?",
    "ask_resident": "Com quem deseja falar?",
    "ask_surname": "Qual é o sobrenome?",
    "ask_block": "Qual é o bloco ou a torre?",
    "ask_keys": ("Por favor, tecle o número do apartamento e, depois, a tecla jogo da velha."),
    "sorry": "Desculpe, não entendi.",
    "not_found": "Não consegui confirmar essas informações.",
    "read_back_lead": "Apartamento",
    "read_back_question": "Certo? Diga sim ou não, ou tecle jogo da velha.",
    "record_name": "Por favor, diga o seu nome depois do sinal.",
    "record_purpose": "Por favor, diga o motivo da visita depois do sinal.",
    "record_both": "Por favor, diga o seu nome e o motivo da visita depois do sinal.",
    "please_wait": "Certo. Aguarde um momento, por favor.",
    "one_moment": "Um momento, por favor.",
    "patience": "Só mais um momento, por favor.",
    "no_human": "No momento não há um porteiro disponível, mas posso ajudar.",
    "authorize_question": (
        "Você autoriza a entrada? Diga sim ou não, ou tecle 1 para autorizar, 2 para negar."
    ),
    "authorize_keys": ("Não entendi. Tecle 1 para autorizar ou 2 para negar, ou diga sim ou não."),
    "confirm_authorize_question": "Você autoriza a entrada, certo?",
    "confirm_authorize_keys": "Diga sim ou tecle 1.",
    "take_your_time": "Claro, eu aguardo.",
    "thanks_authorized": "Obrigado. Vou liberar a entrada. Até logo.",
    "thanks_denied": "Certo, a entrada não será liberada. Obrigado, até logo.",
    "no_decision_resident": "Sem uma resposta, a entrada não será liberada. Até logo.",
    "visitor_left": "A pessoa no portão desligou. Obrigado, até logo.",
    "authorized_visita": "Entrada autorizada. O portão vai abrir. Boa visita!",
    "authorized_entrega": "Entrada autorizada. O portão vai abrir, pode fazer a entrega.",
    "authorized_servico": "Entrada autorizada. O portão vai abrir, bom trabalho!",
    "authorized": "Entrada autorizada. O portão vai abrir, pode entrar.",
    "denied_visita": "Sinto muito, a visita não foi autorizada. Até logo.",
    "denied_entrega": "Sinto muito, a entrega não foi autorizada. Até logo.",
    "denied_servico": "Sinto muito, a entrada para o serviço não foi autorizada. Até logo.",
    "denied": "Sinto muito, a entrada não foi autorizada. Até logo.",
    "no_decision": "Não consegui a autorização agora. Por favor, tente mais tarde. Até logo.",
    "unreachable": "Não consegui contato agora. Por favor, tente mais tarde. Até logo.",
    "gate_failed": "O portão não respondeu. Por favor, chame novamente em alguns instantes.",
    "transfer": "Vou passar a ligação para a portaria. Um momento, por favor.",
    "give_up": "Desculpe, não consegui entender. Por favor, tente novamente mais tarde. Até logo.",
    "not_located": (
        "Não consegui confirmar essas informações. Por favor, verifique e tente de novo. Até logo."
    ),
    "time_over": "Desculpe, o tempo desta ligação acabou. Até logo.",
    "broken": "Desculpe, tivemos um problema técnico. Por favor, tente novamente. Até logo.",
    "line_lost": "Desculpe, a ligação caiu.",
    "gate_was_opened": "A entrada foi autorizada e o portão já foi aberto. Até logo.",
    "gate_unknown": (
        "A entrada foi autorizada, mas não sei se o portão abriu. "
        "Se estiver fechado, por favor, chame novamente."
    ),
    "busy": "As linhas estão ocupadas. Chame mais tarde.",
    "call_taken": "Esta ligação já está em curso. Até logo.",
    "not_expected": "Ninguém aguarda esta ligação. Até logo.",
}
"""The text of every fixed phrase, by its key."""

ONE_AT_A_TIME: dict[str, str] = {
    "ask_purpose": "Diga: visita, entrega, ou serviço.",
    "ask_apartment": "Diga o número do apartamento, ou tecle o número e jogo da velha.",
    "ask_resident": "Diga o nome do morador.",
}
"""How the same questions are put where only a closed set of answers is understood."""

_ERRAND = {
    Purpose.VISIT: "para uma visita",
    Purpose.DELIVERY: "com uma entrega",
    Purpose.SERVICE: "para um serviço",
}

_QUESTION_KEYS = {
    Question.PURPOSE: "ask_purpose",
    Question.VISITOR: "ask_visitor",
    Question.APARTMENT: "ask_apartment",
    Question.RESIDENT: "ask_resident",
    Question.SURNAME: "ask_surname",
}


class Phrases:
    """The phrases of one condominium."""

    def __init__(self, name: str, greeting: str, *, one_thing_at_a_time: bool = False) -> None:
        """Take the condominium's name and greeting, as visitors hear them."""
        self._texts = FIXED | (ONE_AT_A_TIME if one_thing_at_a_time else {})
        self._texts["greeting"] = greeting
        portaria = f"da portaria do {name}" if name else "da portaria"
        self._texts["resident_greeting"] = f"Olá, aqui é {portaria}."
        self._texts["who_said"] = "Ela disse:"

    def fixed(self) -> tuple[str, ...]:
        """Return every text that can be synthesized before the first call."""
        return tuple(dict.fromkeys(self._texts.values()))

    def text(self, key: str) -> str:
        """Return the text of a fixed phrase."""
        return self._texts[key]

    def get(self, key: str) -> Phrase:
        """Return a fixed phrase by its key."""
        return Phrase(key, (Words(self._texts[key]),))

    def question(self, question: Question) -> Phrase:
        """Return the question that asks a visitor for one fact."""
        return self.get(_QUESTION_KEYS[question])

    def read_back(self, apartment: str) -> Phrase:
        """Say an apartment back as it was understood, and ask whether it is right."""
        return Phrase(
            "confirm_apartment",
            (
                Words(self._texts["read_back_lead"]),
                Words(spell_digits(apartment) + "."),
                Words(self._texts["read_back_question"]),
            ),
        )

    def record(self, facts: Facts) -> Phrase:
        """Ask for what is still unknown to be said after the tone."""
        if facts.visitor:
            key = "record_purpose"
        else:
            key = "record_name" if facts.purpose else "record_both"
        return Phrase(key, (Words(self._texts[key]), Beep()))

    def announcement(self, facts: Facts) -> Phrase:
        """Greet the resident, say who is at the gate and why, and ask for the decision."""
        greeting = Words(self._texts["resident_greeting"])
        return self._asking("announcement", (greeting, *self._who(facts)))

    def who(self, facts: Facts) -> Phrase:
        """Say once more who is at the gate and why, and ask again."""
        return self._asking("who", self._who(facts))

    def confirm_authorize(self) -> Phrase:
        """Ask whether a yes was heard right."""
        return Phrase(
            "confirm_authorize",
            (
                Words(self._texts["confirm_authorize_question"]),
                Words(self._texts["confirm_authorize_keys"]),
            ),
        )

    def _asking(self, key: str, told: tuple[Segment, ...]) -> Phrase:
        """Ask for the decision, which nobody can take who was not told the rest."""
        question = Words(self._texts["authorize_question"])
        return Phrase(key, (*told, question), answerable_after=len(told))

    def farewell(self, decision: Decision, purpose: Purpose | None) -> Phrase:
        """Tell the visitor the decision in words that fit the purpose."""
        if decision is Decision.NO_DECISION:
            return self.get("no_decision")
        return self.get(f"{decision}_{purpose}" if purpose else str(decision))

    def _who(self, facts: Facts) -> tuple[Segment, ...]:
        stranger = (
            "Uma pessoa"
            if facts.recording or facts.words_lost
            else "Uma pessoa que não se identificou"
        )
        errand = f" {_ERRAND[facts.purpose]}" if facts.purpose else ""
        resident = f", para {facts.resident}" if facts.resident else ""
        apartment = facts.match.apartment if facts.match else facts.apartment
        door = f", apartamento {spell_digits(apartment)}" if apartment else ""
        sentence = f"{facts.visitor or stranger} está no portão{errand}{resident}{door}."
        if not facts.recording:
            return (Words(sentence),)
        return (Words(sentence), Words(self._texts["who_said"]), Playback(facts.recording))
