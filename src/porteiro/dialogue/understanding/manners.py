"""What kind of thing was said when it holds no fact: a greeting, "o quê?", "não sei"."""

import re

from porteiro.dialogue.terms import Utterance
from porteiro.dialogue.understanding.reading import Reading


def _sign(kind: Utterance, pattern: str) -> tuple[Utterance, re.Pattern[str]]:
    return kind, re.compile(pattern)


_SIGNS = (
    _sign(
        Utterance.HUMAN,
        r" (?:falar|conversar) com (?:o |a |um |uma |algum |alguma )?(?:porteir[oa]|atendente"
        r"|humano"
        r"|pessoa|zelador[a]?|sindic[oa]|alguem|gente|seguranca|vigia|vigilante|portaria"
        r"|guarda)"
        r"|(?:chama|chame|chamar|passa|passe|transfere|quero|cade) (?:pro |para |pra )?(?:o "
        r"|a |um |uma )?"
        r"(?:porteir[oa]|atendente|humano|zelador[a]?|pessoa de verdade|vigia|sindic[oa]"
        r"|seguranca"
        r"|portaria) | atendente | atendimento humano | pessoa de verdade | voce e (?:um "
        r"|uma )?"
        r"(?:robo|maquina|gravacao) | nao quero falar com (?:robo|maquina)",
    ),
    _sign(
        Utterance.REPEAT,
        r" (?:repete|repetir|repita|de novo|outra vez|mais uma vez|novamente) "
        r"|nao (?:entendi|escutei|ouvi|compreendi|to ouvindo|estou ouvindo|to escutando"
        r"|estou escutando|deu para ouvir|deu pra ouvir|deu pra entender)"
        r"|^ (?:o )?(?:que|oque|como|hein|oi|ha|quem|qual)(?: (?:que|e|foi|disse|falou|voce"
        r"|assim|foi que|mesmo))* $|^ (?:como|o que) (?:e|foi)(?: que)? | (?:pode|da para"
        r"|da pra)"
        r" (?:falar mais|falar alto|repetir|falar de novo)| fala mais (?:alto|devagar)",
    ),
    _sign(
        Utterance.UNKNOWN,
        r" nao (?:sei|lembro|me lembro|to lembrando|estou lembrando|tenho certeza|faco ideia"
        r"|tenho ideia|conheco|me falaram|me disseram|falaram|informaram|recordo|tenho o numero"
        r"|tenho essa informacao|ta escrito|diz aqui) | (?:sei nao|sei la|esqueci|nem sei"
        r"|faco ideia|nao tem (?:o )?nome) ",
    ),
)
_GREETING = re.compile(
    r"^ (?:(?:oi|oie|ola|alo|bom|boa|boas|dia|tarde|noite|opa|salve|e|ai|tudo|bem|bom|como"
    r"|vai|voce"
    r"|tem|alguem|por|favor|porteiro|moco|moca|amigo|senhor|senhora|chefe|o|a|de|casa|aqui|psiu"
    r"|com|licenca|beleza|joia|fala|ta|ouvindo|me|esta|seu|querido|querida|pra|todos|gente) )+$"
)


def manner(reading: Reading) -> Utterance:
    """Return the kind of an utterance in which no fact was found."""
    for kind, pattern in _SIGNS:
        if pattern.search(reading.line):
            return kind
    return Utterance.GREETING if _GREETING.match(reading.line) else Utterance.OTHER
