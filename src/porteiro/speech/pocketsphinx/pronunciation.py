"""Portuguese words in English phones, by rules: the acoustic model in the box speaks English.

The phones are those of the CMU dictionary. Where Brazilian Portuguese has a sound that
English has not, the nearest ones stand as variants, likeliest first.
"""

import heapq
import itertools
import re
import unicodedata
from collections.abc import Iterator
from functools import cache

MAX_VARIANTS = 12
_MAX_TRIED = 4 * MAX_VARIANTS
"""Silent letters make some choices sound alike; a long word has millions of them."""

_ACCENTED = re.compile(r"[áéíóúâêôãõ]")
_UNSTRESSED_END = re.compile(r"([aeo]s?|[ae]m|ens)$")
_VOWEL_GROUP = re.compile(r"(?<=q)u(?=[eiao])|(?<=g)u(?=[ei])|([aeo][iu]|[aeiou])")
_NASAL = r"[nm](?![aeiouáéíóúâêôãõhAEIOU])"
_CODA = r"(?![aeiouáéíóúâêôãõhAEIOU])"

_RULES: tuple[tuple[str, str], ...] = (
    # Nasal endings and vowels; a stressed vowel is written as a capital.
    (r"ão", "AW N|AW|AH W|AW NG|AH NG W|AH UH N|OW N|AO NG|AH N"),
    (r"ãe", "AY N|AY"),
    (r"õe", "OY N|OY"),
    (r"am$", "AW N|AW"),
    (r"[eEéê]m$", "EY N|EY|EH N"),
    (r"[eEéê]n(?=s$)", "EY N|EY|EH N"),
    (rf"[aAáâ]{_NASAL}|ã", "AH N|AA N|AE N"),
    (rf"[eEéê]{_NASAL}", "EH N|EY N|IH N"),
    (rf"[iIí]{_NASAL}", "IY N|IY|IH N|IY NG"),
    (rf"[oOóô]{_NASAL}|õ", "OW N|AO N"),
    (rf"[uUú]{_NASAL}", "UW N|UW|UW M|UH N"),
    # Diphthongs, an l that ends a syllable among them.
    (r"[aAá]i", "AY"),
    (r"[eEéê]i", "EY|EH"),
    (r"[oOóô]i", "OY"),
    (r"[uU]i", "UW IY|W IY"),
    (r"[aAá]u", "AW"),
    (r"[eEéê]u", "EY UW|EH UW"),
    (r"[iIí]u", "IY UW"),
    (r"[oOóô]u", "OW"),
    (rf"[aAá]l{_CODA}", "AW|AA L"),
    (rf"[eEéê]l{_CODA}", "EH UW|EH L"),
    (rf"[iIí]l{_CODA}", "IY UW|IY L"),
    (rf"[oOóô]l{_CODA}", "OW|AO L"),
    (rf"[uUú]l{_CODA}", "UW|UW L"),
    # Consonants written with two letters.
    (r"ch|sh", "SH"),
    (r"lh", "L Y|L"),
    (r"nh", "N Y|Y"),
    (r"ph", "F"),
    (r"th", "T"),
    (r"rr", "HH|R"),
    (r"ss|sc(?=[eiéêíEI])", "S"),
    (r"qu(?=[eiéêíEI])|ck", "K"),
    (r"qu", "K W"),
    (r"gu(?=[eiéêíEI])", "G"),
    (r"([bdfglmnpt])(?=\1)", ""),
    # Single consonants by where they stand.
    (r"t(?=[iíI]|es?$)", "CH|T"),
    (r"d(?=[iíI]|es?$)", "JH|D"),
    (r"c(?=[eiéêíEI])|ç", "S"),
    (r"c", "K"),
    (r"g(?=[eiéêíEI])|j", "ZH|JH"),
    (r"^r|(?<=[nls])r", "HH|R"),
    (r"r$", "|R|HH"),
    (rf"r{_CODA}", "R|HH|"),
    (r"(?<=[bcdfgptv])r", "R|D"),
    (r"r", "D|R|T"),
    (r"(?<=[aeiouáéíóúâêôãõAEIOU])s(?=[aeiouáéíóúâêôãõAEIOU])", "Z"),
    (r"[sz]$", "S|Z"),
    (rf"s{_CODA}", "S|Z"),
    (r"x", "SH|K S|S|Z"),
    (r"h", ""),
    # Vowels, and the weak ones at the end of a word.
    (r"a(?=s?$)", "AH|AA"),
    (r"e(?=s?$)", "IY|IH|EH"),
    (r"o(?=s?$)", "UW|OW"),
    (r"[Aá]", "AA|AH"),
    (r"[aâ]", "AA|AH"),
    (r"é", "EH|AE"),
    (r"^[eE]$", "IY|EY|EH"),
    (r"ê", "EY|EH"),
    (r"E", "EH|EY"),
    (r"e", "EY|EH|IY"),
    (r"[iy](?=[aeoáéóâêôãõAEO])", "IY|Y"),
    (r"[iyIí]", "IY|IH"),
    (r"ó", "AO|AA"),
    (r"[Oô]", "OW|AO"),
    (r"o", "OW|UW|AO"),
    (r"u(?=[aeoáéóâêôãõAEO])", "W|UW"),
    (r"[uUú]", "UW|UH"),
    (r"w", "V|W"),
)
_PLAIN = {"k": "K"} | {letter: letter.upper() for letter in "bdfglmnpstvz"}
_TABLE = tuple((re.compile(pattern), tuple(phones.split("|"))) for pattern, phones in _RULES)


@cache
def pronounce(word: str, limit: int = MAX_VARIANTS) -> tuple[str, ...]:
    """Return up to `limit` pronunciations of a Portuguese word, likeliest first.

    Each is phones separated by blanks ("S IY N"). Empty for a word without letters.
    """
    letters = _mark_stress(unicodedata.normalize("NFC", word.lower()))
    sounds = [alternatives for alternatives in _sounds(letters) if alternatives != ("",)]
    variants: dict[str, None] = {}
    for phones in itertools.islice(_cheapest_first(sounds), _MAX_TRIED):
        variants[" ".join(filter(None, phones))] = None
        if len(variants) == limit:
            break
    variants.pop("", None)
    return tuple(variants)


def _mark_stress(word: str) -> str:
    """Write the stressed vowel as a capital, unless an accent already tells."""
    if _ACCENTED.search(word):
        return word
    vowels = [match.start(1) for match in _VOWEL_GROUP.finditer(word) if match.group(1)]
    if not vowels or (len(vowels) == 1 and word.endswith(("e", "o"))):
        return word  # "que", "do": little words that lean on the next one
    back = 2 if _UNSTRESSED_END.search(word) and len(vowels) > 1 else 1
    at = vowels[-back]
    return word[:at] + word[at].upper() + word[at + 1 :]


def _sounds(letters: str) -> Iterator[tuple[str, ...]]:
    """Yield the possible phones of each grapheme, left to right; unknown signs are silent."""
    at = 0
    while at < len(letters):
        for pattern, alternatives in _TABLE:
            if found := pattern.match(letters, at):
                yield alternatives
                at = found.end()
                break
        else:
            if plain := _PLAIN.get(letters[at]):
                yield (plain,)
            at += 1


def _cheapest_first(sounds: list[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield one phone choice for each sound, by how far in sum from the likeliest."""
    start = (0,) * len(sounds)
    heap = [(0, start)]
    seen = {start}
    while heap:
        cost, ranks = heapq.heappop(heap)
        yield tuple(options[rank] for options, rank in zip(sounds, ranks, strict=True))
        for place, rank in enumerate(ranks):
            step = (*ranks[:place], rank + 1, *ranks[place + 1 :])
            if rank + 1 < len(sounds[place]) and step not in seen:
                seen.add(step)
                heapq.heappush(heap, (cost + 1, step))
