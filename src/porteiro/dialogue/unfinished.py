"""Sentences that plainly are not over: what is said so far demands more words.

Told by the last words alone, without accents or punctuation, as partial transcripts come:
"é para o apartamento", "meu nome é", "quero falar com a", "deixa eu ver".
"""

import re
from collections.abc import Sequence

from porteiro.dialogue.understanding.labels import BLOCK_WORDS, ORDINALS
from porteiro.dialogue.understanding.lexicon import KIN


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DANGLING = _words(
    """
    o a os as uns umas de da do das dos em no na nos nas num numa dum duma por pelo pela pelos
    pelas para pra pro pras pros pr p ao aos com sem sob sobre ate desde
    meu minha meus minhas seu sua seus suas nosso nossa nossos nossas dona
    aquele aquela nesse nessa neste nesta desse dessa deste desta naquele naquela daquele daquela
    e ou mas porem porque pois que se quando caso enquanto so somente apenas ainda
    tipo assim olha olhe veja alias digo ops
    cento num prefiro
    sou somos eh era seria serao esta estao estou estamos to tou tava estava tenho temos tinha
    tem tinham vim venho vou viemos vamos vinha quero queria queremos querem gostaria preciso
    precisava precisamos posso poderia podia devo trouxe trago chamo chama procuro procurando
    moro mora fica acho acredito parece disse falou mandou pediu conheco faco fiz fui
    entregar visitar falar conversar ver buscar pegar deixar trazer levar fazer instalar
    consertar trocar arrumar montar medir conhecer encontrar visitando entregando trazendo
    fazendo buscando instalando marcado combinado
    veio vieram veem diz dizem dizendo pedir pede perguntar querendo precisando
    precisa preciso deve devem pretendo tentando tento combinei marquei ganhei recebi comprei
    mostra aparece consegue conseguir consigo ajudar mostrar assinar resolver confirmar verificar
    me lhe lhes te escrito escrita consta
    vinha ia iam indo podemos podiam deixei esqueci esqueceu perdi
    """
)
"""Words that hardly ever end a sentence at a gate, folded ("é" is "e")."""

_DENIABLE = _words(
    """
    da quero queria queremos gostaria preciso posso podia tenho temos tem to tou ta estou esta
    sou conheco pediu fiz faco fui vou parece falou mandou acho deixar falar conversar
    """
)
"""Those of them that may end a sentence that denies them: "não conheço", "hoje não dá"."""
_HEADS = _words(
    """
    apartamento apartamentos apto apt ap ape unidade numero nome familia empresa firma bloco bl
    torre
    """
)
"""Nouns that somebody's number or name follows, unless it is not known."""
_RELATED = KIN - _words("visita visitante familia convidado convidada hospede")
_PRESENTED = re.compile(
    r" (?:sou|somos|aqui e|fala que e|diz que e)(?: (?:o|a|os|as|um|uma))? \S+ $"
)
"""Somebody presented as another's kin, who is still to be named: "sou a filha", "sou amigo"."""
_POINTING = _words("esse essa este esta outro outra mesmo tal")
_OWN = _words("meu minha meus minhas")
_OWNED = _words("encomenda pedido pacote entrega amigo amiga amigos conhecido conhecida")
_OPENING = _words(
    "sim nao mas porque que e entao claro se quando ah aham agora hoje so ai porem certo ok tambem"
) | {""}
"""What stands before a word that begins something; "" where nothing does."""
_HANGING_AFTER = {
    **dict.fromkeys(
        _words("senhor senhora sr sra seu dr dra doutor doutora professor professora"),
        _words("o a do da pro pra para com ao de no na pelo pela"),
    ),
    **dict.fromkeys(_words("ele ela eles elas voce voces gente nos entao ja"), _OPENING),
    **dict.fromkeys(ORDINALS, _words("no do o na da")),
    **dict.fromkeys(_words("jeito maneira forma hipotese"), _words("de")),
    **dict.fromkeys(_words("quem qual quais quanto quantos onde cade como"), _words("e mas sim")),
}
"""Words that are left hanging only after certain others."""
_HANGING_UNLESS = {
    "eu": frozenset(),
    "falei": _words("ja nao"),
    "foi": _words("quem que como ja nao") | {""},
    **dict.fromkeys(
        _words("um uma"),
        BLOCK_WORDS
        | _words("apartamento apto apt ap ape unidade numero num casa sala qualquer nenhum nem"),
    ),
    **dict.fromkeys(
        _words("vir mandar ir"),
        _words("pode podem deixa deixe deixar manda mande mandar ele ela eles elas"),
    ),
}
"""Words that are left hanging except after certain others."""
_HESITATION = re.compile(
    r"a+[hn]+m?|a{2,}|h+[aeu]*[mnh]+|u+[hn]*m*|u+h+|e+h+|e{2,}|i+h+|o+h+|m+|hm+|ue|oxe"
)
_STRETCHED = re.compile(r"([a-z])\1{2,}")

_ENDINGS = re.compile(
    r"(?<! me)(?<! nos) (?:deix[ae] (?:me |eu )?(?:ver|lembrar|olhar|conferir|pensar|achar|eu|te)"
    r"|deix[ae] (?:me|eu) \w+r(?: \w+){0,2}"
    r"|(?:fala|fale|diz|diga|pede|peca|pedir|avisa|avise|avisar|pergunta|pergunte|manda|mande|deixa"
    r"|deixe|deixar)(?: la)?(?: (?:pra|para|pro|ao|a))?(?: (?:o|a))?"
    r" (?:ele|ela|eles|elas|moco|moca|rapaz|menino|menina|entregador|motoboy|porteiro)"
    r"|mas (?:antes|primeiro|agora|depois|hoje)|eu e (?:o |a )?(?:meu|minha) \w+"
    r"|(?:e|nem) alguma coisa"
    r"|(?:que|se|precisa|aqui|porque) (?:alguem|ninguem|algum|alguma|nenhum|nenhuma)"
    r"|(?:pera|espera|espere|perai|calma|aguarda|aguenta)(?: ai| la| so)?"
    r"|(?:so )?(?:um|uns) (?:minut|moment|segund|instant|pouc|pouq|tantinh)\w*"
    r"|quer dizer|quis dizer|ou melhor|na verdade|no caso|ou seja|por exemplo|vamos ver|vejamos"
    r"|(?:como|qual)(?: e)?(?: que)?(?: e)? (?:mesmo|o nome|o numero|o nome (?:dela|dele))"
    r"|(?:eu )?(?:vou|vamos) (?:ver|ler|olhar|conferir|checar|perguntar)(?: aqui)?"
    r"|(?:poe|ponha|anota|anote|coloca|coloque|escreve|bota|por|colocar|anotar)(?: ai)?"
    r"|o seguinte|aqui quem fala|quem fala aqui|quem ta falando aqui|da parte|a pedido|a procura"
    r"|n[ao] (?:nota|pedido|pacote|etiqueta|caixa|aplicativo|app|papel) (?:ta|esta|diz|tem|vem|e)"
    r"|em nome|atras|por causa|junto|depende|desde que|so se|so que|a nao ser|contanto"
    r"|(?:nao|sim|bom|bem) (?:espera|pera|calma|olha)|a menos|vai ser|pode ser|faz favor de"
    r"|(?:veio|vim|vem) (?:aqui|ca)|meu nome aqui|aguardando|eu (?:tambem|nao|ja|so|acho|sempre)"
    r"|nao (?:lembro|sei|recordo) (?:bem|direito|se) (?:e|era)) $"
)
_UNKNOWN = re.compile(
    r" (?:so sei|nao (?:sei|lembro|me lembro|recordo|tenho|to lembrando|estou lembrando"
    r"|falaram|disseram|sabia|consta|tem|ta)|esqueci|sei la|perdi)(?: \S+){0,5} $"
)
_QUESTIONED = re.compile(
    r" (?:(?:o|por|pra|para) que|o que (?:e|era|foi|disse|falou)"
    r"|quem (?:e|ta|esta|fala|era|mandou|pediu|disse|chama|mora)"
    r"|(?:qual|como|onde|cade) (?:\w+ )?(?:e|era|fica|esta|ta|chama|mora|disse|o nome|o numero)"
    r"|(?:e )?(?:de|com|para|pra) quem(?: e)?|sou eu|foi eu|nem eu|so eu|(?:como|mesmo) assim"
    r") $|^ que(?: (?:e|foi|disse|falou))? $"
)
_FIXED = re.compile(
    r" (?:sim|nao|obrigad[oa]|isso|claro|positivo) (?:senhor|senhora|doutor|doutora|dona)"
    r" $| (?:la|ai) em casa $|^ (?:visitar|entregar|entregando|visitando) $"
    r"| (?:por enquanto|ate ja|agora nao|agora ja|isso so|e so|era so|ja ja|e isso so) $"
    r"| (?:como|onde|quem) (?:que )?(?:ele|ela|voce|eles|elas) (?:mora|chama|fica|ta|esta|e) $"
)
"""Complete, though the last word alone would not be: "quem é?", "sim, senhora", "é só"."""


def unstretched(word: str) -> str:
    """Return a folded word with what was drawn out in it short again: "hummm", "éééé"."""
    return _STRETCHED.sub(r"\1", word)


def is_hesitation(word: str) -> bool:
    """Tell whether a folded word is a sound that people make while they think."""
    return _HESITATION.fullmatch(word) is not None and word != "um"


def is_unfinished(words: Sequence[str], blocks: frozenset[str]) -> bool:
    """Tell whether folded `words` stop where a sentence cannot: the last ones demand more.

    `blocks` are the directory's, folded: the "a" of "bloco a" is no article.
    """
    if not words:
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if before in BLOCK_WORDS and last in blocks | {"a", "b"}:
        return False
    if is_hesitation(last):
        return True
    if last == "gente" and before == "a":
        before = words[-3] if len(words) > 2 else ""
    line = f" {' '.join(words[-9:])} "
    if _QUESTIONED.search(line) or _FIXED.search(line):
        return False
    return (
        _ENDINGS.search(line) is not None
        or _hangs(last, before)
        or (last in _RELATED and _PRESENTED.search(line) is not None)
        or (last in _HEADS and before not in _POINTING and not _UNKNOWN.search(line))
        or (
            last in _DANGLING
            and not (last in _DENIABLE and "nao" in words[-3:-1])
            and not (last in _OWN and before in _OWNED)
        )
    )


def _hangs(last: str, before: str) -> bool:
    """Tell a last word that is left hanging by what stands before it."""
    unless = _HANGING_UNLESS.get(last)
    return before in _HANGING_AFTER.get(last, ()) or (unless is not None and before not in unless)
