"""All phrases of the judge, ready to be matched."""

import re

from porteiro.dialogue.judge import asides, assent, hindrances, refusal
from porteiro.dialogue.judge.notation import phrases
from porteiro.dialogue.judge.parts import Part
from porteiro.dialogue.judge.vocabulary import DEFINITIONS

_LINES = hindrances.LINES | refusal.LINES | assent.LINES | asides.LINES

PHRASES: tuple[tuple[Part, tuple[re.Pattern[str], ...]], ...] = tuple(
    (part, tuple(phrases(filter(None, map(str.strip, _LINES[part].splitlines())), DEFINITIONS)))
    for part in Part
)
"""Every part's patterns over coded words, in order of precedence."""
