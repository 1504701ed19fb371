"""Whose name was said: the visitor's or the resident's, told by what stands beside it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from porteiro.dialogue.terms import Question
from porteiro.dialogue.understanding.corrections import TAKEN_BACK, is_denied, takes_back
from porteiro.dialogue.understanding.lexicon import KIN, ROLES, TITLES
from porteiro.dialogue.understanding.people import People, Run
from porteiro.dialogue.understanding.reading import Reading

_TITLE = "|".join(sorted(TITLES))
_PERSON = "|".join(sorted(KIN | ROLES))
_LED = rf"(?:(?:o|a|um|uma|meu|minha|nosso|nossa|tal|sr|dele|dela|deles|{_TITLE}|{_PERSON}) )*$"
"""Articles, titles and what people are to each other, up to the name itself."""


class _Need(StrEnum):
    """How much of a name the words beside a cue must be."""

    ANY = "any"
    PLAUSIBLE = "plausible"
    EVIDENT = "evident"


@dataclass(frozen=True, slots=True)
class _Cue:
    """Words before a name (`before`) or around it that tell whose it is."""

    whose: Question
    need: _Need
    before: re.Pattern[str]
    after: re.Pattern[str] | None = None

    def fits(self, before: str, after: str, run: Run) -> bool:
        """Tell whether this cue stands around `run`, and the run is enough of a name for it."""
        enough = {_Need.PLAUSIBLE: run.plausible, _Need.EVIDENT: run.evident}
        return (
            enough.get(self.need, True)
            and self.before.search(before) is not None
            and (self.after is None or self.after.match(after) is not None)
        )


def _cue(whose: Question, need: _Need, before: str, after: str | None = None) -> _Cue:
    ended = after is not None
    pattern = re.compile(before if ended else rf" (?:{before}) {_LED}")
    return _Cue(whose, need, pattern, re.compile(after) if after is not None else None)


_V, _R = Question.VISITOR, Question.RESIDENT
_SHARED_EVENTS = (
    r"aniversario|niver|festa|festinha|cha|churrasco|jantar|almoco|casa|residencia"
    r"|apartamento|ap|apto"
    r"|apt|ape|cachorro|cachorra|gato|pet|obra|mudanca|lado|atras|procura|cuidados|carro|quarto"
    r"|aula|consulta|casamento|chamado|convite|andar|torre|bloco \w|#|cobertura"
)
_GOODS = (
    r"encomendas?|pacotes?|pedidos?|compras?|remedios?|documentos?|caixas?|presente|pizzas?"
    r"|entregas?"
    r"|marmitas?|lanches?|flores|buque|sacolas?|carta|envelope|coisas|roupa|servico|visita"
    r"|internet"
    r"|instalacao|manutencao|conserto|faxina|limpeza|orcamento|chave|chaves|moveis|sofa|bolo"
)
_RESIDENT_DOES = (
    r"^(?:que )?(?:me |nos |ja |nao |quem )?(?:espera|esperando|ta|tao|esta|estao|mora|moram"
    r"|pediu"
    r"|ligou|chamou|mandou|desceu|subiu|saiu|esqueceu|perguntou|avisou"
    r"|comprou|disse|falou|marcou|combinou|autorizou|sabe|deixou|vai"
    r"|ficou|tinha|contratou"
    r"|agendou|convidou|aguarda|conhece|solicitou|encomendou|me|nos|ja|autoriza|liberou"
    r"|vendeu|emprestou|doou|separou|guardou|alugou"
    r"|recebe|atende|fica|precisa|precisou|queria|quer(?! dizer)) "
)
_AT_HOME = re.compile(
    r"^(?:la )?(?:d[oa]|n[oa]|em|,)? ?(?:#|apartamento|apto|apt|ap|ape|unidade|bloco"
    r"|torre|casa #) ?"
)

_CUES = (
    _cue(
        _V,
        _Need.PLAUSIBLE,
        rf".* (?:fala|fale|falar|diz|diga|dizer|avisa|avise|avisar)(?: [^ ]+){{0,4}} que (?:o|a) "
        rf"(?:(?:{_TITLE}) )*$",
        r"^(?:(?:ta|esta|ja ta|ja esta) (?:aqui|na portaria|no portao|embaixo|esperando)|chegou)",
    ),
    _cue(_V, _Need.ANY, r"(?:meu nome|me chamo|chamo|chamo me)(?: completo"
    r"| todo)?(?: aqui)?(?: nao)?(?: (?:e|seria))?"),
    _cue(_V, _Need.ANY, r"(?:me chamar|me chama|me chamam|pode chamar|conhecido como"
    r"|conhecida como)(?: so)?(?: de)?"),
    _cue(_R, _Need.ANY, r"(?:ela|ele|moradora?|pessoa|senhora|cliente|dona|dono|que"
    r"|amig[oa]) se chama|se chama|chamad[oa]"
    r"|(?:no|na|nesse|nessa) (?:pacote|nota|pedido|etiqueta|caixa|comanda|app|aplicativo"
    r"|papel|envelope)"
    r"(?: (?:e|ta|esta|aqui|diz|fala|tem|vem|escrito|consta|que|o|nome))+"),
    _cue(
        _R,
        _Need.PLAUSIBLE,
        r"nome (?:dela|dele|da moradora|do morador|da pessoa|do dono|da dona|do cliente"
        r"|da cliente"
        r"|do destinatario|da destinataria|de quem mora la|no pacote|na nota|no pedido"
        r"|na etiqueta)"
        r"(?: (?:e|ta|esta|aqui))*|(?:em|no|ta no|com o) nome (?:de|da|do)"
        r"|destinatari[oa](?: e)?"
        r"|(?:aos cuidados|ac|a procura|atras|por conta|a pedido|a convite|amando) (?:de|da|do)"
        r"|me (?:esperando|aguardando)(?: e)?"
        r"|moradora?(?: (?:e|de nome|la e|chama))?|(?:proprietari[oa]|inquilin[oa])(?: e)?"
        r"|quem (?:mora|pediu|comprou|recebe|me chamou|chamou|autorizou|vai receber)(?: (?:la"
        r"|ai|nele))?(?: foi| e)?"
        r"|(?:ela|ele) e|mora (?:la|ai|nele)",
    ),
    _cue(
        _V,
        _Need.PLAUSIBLE,
        r"(?:eu )?sou(?: (?:eu|aqui|so))?|somos|aqui(?: (?:quem fala|quem ta falando"
        r"|ta falando))? (?:e|fala)(?: eu)?(?: com)?"
        r"|quem (?:(?:ta|esta) )?(?:fala|falando|aqui|chegou|veio|vai subir"
        r"|vai entrar)(?: (?:aqui|ai))*(?: (?:e|foi))?"
        r"|(?:fala|fale|falar|diz|diga|dizer|avisa|avise|avisar|anuncia|anuncie|anunciar"
        r"|informa)(?: [^ ]+){0,6}"
        r" que (?:(?:quem )?(?:ta |esta )?(?:aqui )?(?:e|sou)|chegou|veio|e eu)"
        r"|(?<! vim )(?<! venho )(?:da|por) parte (?:de|da|do)|de nome",
    ),
    _cue(_R, _Need.PLAUSIBLE, rf"(?:{_PERSON}|{_SHARED_EVENTS})(?: #)*(?: (?:la|e))? (?:da|do"
    rf"|de|dos|das|com a|com o)"),
    _cue(
        _R,
        _Need.PLAUSIBLE,
        r"(?:para|pra|pro|pros|pras|p|ao|aos)(?: (?:falar com|ver|visitar|entregar (?:para"
        r"|pra|pro|ao|a)))?"
        r"|(?:falar|conversar|falo|tratar|marcad[oa]|marquei|combinei|combinado|hora|horario"
        r"|consulta"
        r"|reuniao|aula|sessao|agendad[oa]|agendei|entrevista|encontro|compromisso|trabalho"
        r"|trabalhar"
        r"|contato|encontrar|cafe|jantar|almocar|estudar|jogar|falei|liga|fale|fala|ligar"
        r"|treino|aqui|servico|visita) (?:la )?com"
        r"|(?:visitar|visitando|ver|rever|buscar|encontrar|procurando|procuro|procurar|chamar"
        r"|chama|chame"
        r"|avisa|avisar|avise|interfona|interfonar|interfone|atender|levar|pegar|esperar"
        r"|conhecer)"
        r"(?: (?:la|ai|aqui|rapidinho))?(?: (?:ao|por|pro|pra|para|de|com))?"
        r"|(?:quero|queria|gostaria|preciso|cade|pela|pelo|por|cuidar d[eao]|atras d[eao]"
        r"|entregar (?:ao|pro|pra)|levar (?:pro|pra))",
    ),
    _cue(_R, _Need.PLAUSIBLE, r"(?<! vim )(?<! to )(?<! estou )(?<! aqui )(?<! junto )(?<! veio )"
        r"com (?:o|a)"),
    _cue(_R, _Need.PLAUSIBLE, r"(?:sei|tenho|lembro)(?: so)? o nome(?: d[ae]l[ae])?(?: e)?"
    r"|familia|escrito|consta(?: como)?"),
    _cue(_R, _Need.EVIDENT, r"(?:vou|subir|ir|vim|indo|venho|fui|passar)(?: la)? (?:no|na|em"
    r"|n)"),
    _cue(_R, _Need.EVIDENT, rf"(?:{_GOODS}) (?:da|do|de|dos|das)|(?:{_GOODS})|de|da|do"),
    _cue(_R, _Need.PLAUSIBLE, rf".* (?:o|a|{_TITLE}) (?:(?:{_TITLE}) )*$", _RESIDENT_DOES),
    _cue(_R, _Need.EVIDENT, r"$", _RESIDENT_DOES),
)  # fmt: skip
_IT_IS = re.compile(rf" (?:e|eh|era|foi|seria) (?:o |a |so o |so a |aqui o |aqui a ){_LED}")
_CONJUNCTION = re.compile(r"^ e (?:o |a )?")
_ANNOUNCED = re.compile(
    r"^(?:falando|aqui |que (?:fala|ta falando|esta falando"
    r"|ta aqui)"
    r"|ta aqui|esta aqui|chegou|cheguei|na portaria|no portao)"
)
_TITLED = re.compile(
    rf" (?:dona|seu|sr|sra|senhor|senhora|dr|dra|doutor|doutora) (?:(?:{_TITLE}) )*$"
)
_GREETED = re.compile(
    r"^ (?:(?:oi|ola|opa|bom|boa|dia|tarde|noite|alo|fala|ai|obrigad[oa]|desculpa|e) )+"
    rf"(?:(?:{_TITLE}) )+$"
)
"""Whom a visitor greets is neither at the gate nor wanted: "bom dia, seu Antônio"."""
_AT_HOME_OF = re.compile(rf" (?:casa|apartamento|ap|apto|apt|ape) (?:da|do|de) {_LED}")
_TOOK_BACK = re.compile(TAKEN_BACK + _LED)
_OPENING = re.compile(
    r"^ (?:(?:oi|oie|ola|alo|bom|boa|dia|tarde|noite|opa|e|eh|era|seria|sim|nao|isso|ta|ok"
    r"|claro|certo|o"
    r"|a|nome|porteiro|moco|moca|amigo|chefe|senhor|senhora|dona|seu|dr|dra|doutor|doutora"
    rf"|por|favor|bem|{_TITLE}"
    r"|tudo|fala|so|com|aqui|ela|ele|chama|se|completo|sobrenome|da|de|do|dos|das|para|pra|pro"
    r"|familia|pessoal|coloca|bota|poe|escreve|ai|perai|pera|deixa|eu|ver|ah|hum|acho|que|quem|mora|la|meu|minha|tia|tio|vo|professora"
    r"|professor"
    r"|entregador|motoboy|motorista|tecnico|pode|colocar|anotar|anota|bota|falar|dizer) )*$"
)
_SHORT_END = re.compile(
    r"^(?:$|d[aoe] |n[ao] |aqui |falando |para |pra |pro |e |com |sou |vim |mesmo |por favor"
    r"|#|apartamento"
    r"|obrigad|ta |ok |digo |quer dizer|alias |entrega|bloco|senhor|moco|so |viu |acho |que )"
)
_BY_NUMBER = re.compile(rf" (?:#|(?:bloco|torre|predio|ala) \w) {_LED}")
_CONTRAST = re.compile(rf" (?:(?:e|eh|sou|era|e sim|mas sim) )?{_LED}")
_ARRIVAL = re.compile(
    r"^(?:d[ao] |entrega|vim |visita|tenho|trouxe|tecnico|encomenda|sou |motoboy|manutencao"
    r"|para o |pro )"
)


@dataclass(frozen=True, slots=True)
class Names:
    """The two names, None where not said."""

    visitor: str | None
    resident: str | None


def find_names(reading: Reading, asked: Question | None, residents: tuple[str, ...]) -> Names:
    """Return who is at the gate and who is wanted, as far as it was said."""
    runs = _people(residents).runs(reading)
    chosen: dict[Question, Run] = {}
    previous: tuple[Run, Question] | None = None
    for place, run in enumerate(runs):
        whose = _whose(reading, run, asked, previous)
        if whose is None:
            continue
        if not _denied(reading, run, another_follows=place + 1 < len(runs)) and _better(
            reading, run, chosen.get(whose)
        ):
            chosen[whose] = run
        previous = run, whose
    visitor, resident = chosen.get(_V), chosen.get(_R)
    return Names(visitor.name if visitor else None, resident.name if resident else None)


@lru_cache(maxsize=64)
def _people(residents: tuple[str, ...]) -> People:
    """Prepare a directory's names once, not for every sentence."""
    return People(residents)


def _whose(
    reading: Reading, run: Run, asked: Question | None, previous: tuple[Run, Question] | None
) -> Question | None:
    before, after = reading.before(run.start), reading.after(run.end)
    if previous is not None:
        between = before[reading.at[previous[0].end] - 1 :]
        spelled = reading.words[previous[0].end].text.lower() if between.strip() else ""
        if _CONJUNCTION.fullmatch(between) and spelled != "é":
            return None
        denied = is_denied(before[: reading.at[previous[0].start]], another_follows=True)
        if denied and _CONTRAST.fullmatch(between):
            return previous[1]
        if takes_back(between) and _TOOK_BACK.fullmatch(between) and run.plausible:
            return previous[1] if not re.search(r" sou ", between) else _V
    for cue in _CUES:
        if cue.fits(before, after, run):
            return cue.whose
    return _loosely(before, after, run, asked) if run.plausible else None


def _loosely(before: str, after: str, run: Run, asked: Question | None) -> Question | None:
    """Tell whose a name is where only its place, the question or the directory says so."""
    wanted = _R if asked in {_R, Question.SURNAME} else _V
    at_home = _AT_HOME.match(after) is not None
    if _ANNOUNCED.match(after):
        return _V
    if _IT_IS.search(before):
        late = re.search(r"# (?:e|eh) (?:o |a )", before) is not None and asked is not _V
        return _R if late or (at_home and asked is not _V) else wanted
    if asked in {_V, _R, Question.SURNAME} and _OPENING.match(before):
        whole = _SHORT_END.match(after) is not None and not before.endswith(" nao ")
        return wanted if run.evident or whole else None
    return _by_evidence(before, after, run, asked, at_home=at_home)


def _by_evidence(
    before: str, after: str, run: Run, asked: Question | None, *, at_home: bool
) -> Question | None:
    """Tell whose a name is by its title, the number beside it, or the directory."""
    if asked is None and _GREETED.match(before):
        return None
    if _TITLED.search(before) or (run.evident and (at_home or _BY_NUMBER.search(before))):
        return _R
    if run.evident and not run.resident and _OPENING.match(before) and _ARRIVAL.match(after):
        return _V
    return _R if run.resident and asked is not _V else None


def _denied(reading: Reading, run: Run, *, another_follows: bool) -> bool:
    before = re.sub(_LED, "", reading.before(run.start))
    if re.search(r" nao (?:me chamo|sou) $", before):
        return True
    return is_denied(reading.before(run.start), another_follows=another_follows)


def _better(reading: Reading, run: Run, held: Run | None) -> bool:
    """Tell whether a later name replaces the one held: a correction, or the fuller name."""
    if held is None:
        return True
    between = reading.before(run.start)[reading.at[held.end] - 1 :]
    home = _AT_HOME_OF.search(reading.before(run.start)) is not None
    if home and not _AT_HOME_OF.search(reading.before(held.start)):
        return True
    return takes_back(between) or run.name.startswith(f"{held.name} ")
