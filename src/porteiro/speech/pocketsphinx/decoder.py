"""One pocketsphinx decoder: a turn's sound in, its words or a rejection out.

It holds the interpreter lock while it computes, so it lives in a worker process.
"""

import math
import tempfile
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

import pocketsphinx

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.speech.pocketsphinx.front_end import turn_sound
from porteiro.speech.pocketsphinx.grammar import Grammar, Phrase, grammar_for
from porteiro.speech.pocketsphinx.pronunciation import pronounce
from porteiro.speech.pocketsphinx.word_graph import (
    END,
    START,
    Arc,
    loop_graph,
    phrases_graph,
    spoken,
)

_LOG_BASE = 1.0001
_LANGUAGE_WEIGHT = 6.5
_SCORE_UNIT = 1024
"""How pocketsphinx weighs a grammar's probabilities, and by what it divides its scores."""
_MIN_SPEECH_FRAMES = 20
"""Of 10 ms: the shortest answers last about 280 ms, knocks and clicks less than 200."""
_MAX_BEFORE = 5
_MAX_AFTER = 15
"""Frames that stand out outside the phrase; a "não" that was not heard takes more."""
_KEPT_GRAMMARS = 16
_LOOP = "free phones"
_PHONES = (
    *("AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F"),
    *("G", "HH", "IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S"),
    *("SH", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH"),
)
_FREE_PHONES = {f"_{phone}": phone for phone in _PHONES}
_NOTHING = Transcript("", 0.0, sure=False)


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the decoder made of a turn.

    `ratio` is the log likelihood ratio (base 1.0001) a frame of speech between the best
    phrase and free phones, whatever the number of phrases; `frames` of 10 ms were speech.
    Sound that the phrase does not explain lasts `before` frames before it and `after`
    frames after it. `phrase` is None where no whole phrase was heard.
    """

    phrase: Phrase | None = None
    ratio: float = -math.inf
    frames: int = 0
    before: int = 0
    after: int = 0

    @property
    def transcript(self) -> Transcript:
        """The phrase, if it is clear enough to be taken for what was said."""
        phrase = self.phrase
        if phrase is None or self.ratio < phrase.floor or self.frames < _MIN_SPEECH_FRAMES:
            return _NOTHING
        if phrase.alone and (self.before > _MAX_BEFORE or self.after > _MAX_AFTER):
            return _NOTHING
        if not phrase.text:
            return _NOTHING
        return Transcript(phrase.text, _confidence(self.ratio), sure=False)


@dataclass(frozen=True, slots=True)
class _Best:
    """What one search found: words, log likelihood, and where its speech lies in frames."""

    words: str = ""
    likelihood: float = -math.inf
    frames: int = 0
    begins: int = 0
    ends: int = 0


class TurnDecoder:
    """Hears turns against the grammar of their question."""

    def __init__(self) -> None:
        """Load the acoustic model, which takes tens of milliseconds."""
        with tempfile.NamedTemporaryFile("w", suffix=".dict") as no_words:
            self._decoder = pocketsphinx.Decoder(
                dict=no_words.name,
                lm=None,
                bestpath=False,
                beam=1e-60,
                pbeam=1e-60,
                wbeam=1e-40,
                topn=8,
                loglevel="FATAL",
            )
        for name, phone in _FREE_PHONES.items():
            self._decoder.add_word(name, phone, update=False)
        self._add(_LOOP, loop_graph(list(_FREE_PHONES)))
        self._grammars: OrderedDict[tuple[str, tuple[str, ...]], _Loaded] = OrderedDict()
        self._numbered = 0

    def hear(self, request: TurnRequest, pcm: bytes) -> Hearing:
        """Return what was best heard in `pcm` (16-bit mono), however unlikely it is."""
        grammar = self._grammar(request)
        sound = turn_sound(pcm, request.sample_rate)
        if not grammar.phrases or not sound.pcm:
            return Hearing()
        best = self._search(grammar.name, sound.pcm)
        phrase = grammar.match(best.words)
        if phrase is None or not best.frames:
            return Hearing()
        free = self._search(_LOOP, sound.pcm)
        ratio = (best.likelihood - grammar.prior - free.likelihood) / best.frames
        before, after = best.begins - sound.begins, sound.ends - best.ends
        return Hearing(phrase, ratio, best.frames, before, after)

    def _search(self, name: str, sound: bytes) -> _Best:
        decoder = self._decoder
        decoder.activate_search(name)
        decoder.reinit_feat()  # forgets the last turn's noise, or equal turns would differ
        decoder.start_utt()
        decoder.process_raw(sound, full_utt=True)
        decoder.end_utt()
        best = decoder.hyp()
        speech = [s for s in decoder.seg() if s.word[0] not in "<[("] if best else []
        if best is None or not best.score or not speech:
            return _Best()
        return _Best(
            words=best.hypstr,
            likelihood=math.log(best.score, _LOG_BASE),
            frames=sum(s.end_frame - s.start_frame + 1 for s in speech),
            begins=speech[0].start_frame,
            ends=speech[-1].end_frame + 1,
        )

    def _grammar(self, request: TurnRequest) -> "_Loaded":
        """Return the grammar for a turn, loading it where it is not among those kept."""
        key = (request.question, request.vocabulary)
        if key not in self._grammars:
            if len(self._grammars) >= _KEPT_GRAMMARS:
                _, dropped = self._grammars.popitem(last=False)
                if dropped.phrases:
                    self._decoder.remove_search(dropped.name)
            self._grammars[key] = self._load(grammar_for(request.question, request.vocabulary))
        self._grammars.move_to_end(key)
        return self._grammars[key]

    def _load(self, grammar: Grammar) -> "_Loaded":
        phrases = {p.spoken: p for p in grammar.phrases if all(map(pronounce, p.spoken.split()))}
        self._numbered += 1
        loaded = _Loaded(f"grammar {self._numbered}", phrases, grammar.openings)
        if phrases:
            self._add(loaded.name, phrases_graph(phrases, grammar.openings))
        return loaded

    def _add(self, name: str, arcs: list[Arc]) -> None:
        self._learn(arc[3] for arc in arcs if len(arc) == 4)
        self._decoder.add_fsg(name, self._decoder.create_fsg(name, START, END, arcs))

    def _learn(self, words: Iterable[str]) -> None:
        """Put words that the dictionary has not yet into it."""
        for word in dict.fromkeys(words):
            if self._decoder.lookup_word(word) is None:
                for number, phones in enumerate(pronounce(spoken(word)), start=1):
                    variant = word if number == 1 else f"{word}({number})"
                    self._decoder.add_word(variant, phones, update=False)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A grammar in the decoder, and its phrases by their words."""

    name: str
    phrases: dict[str, Phrase]
    openings: tuple[str, ...]

    @property
    def prior(self) -> float:
        """What each phrase's likelihood loses for being one of many."""
        ways = len(self.phrases) * (len(self.openings) + 1)
        return -math.log(ways, _LOG_BASE) * _LANGUAGE_WEIGHT / _SCORE_UNIT

    def match(self, words: str) -> Phrase | None:
        """Return the phrase that was heard whole, its opening taken off."""
        heard = spoken(words)
        if heard == words:
            return None
        for opening in ("", *(f"{each} " for each in self.openings)):
            if heard.startswith(opening) and (phrase := self.phrases.get(heard[len(opening) :])):
                return phrase
        return None


def _confidence(ratio: float) -> float:
    """Map a likelihood ratio to 0..1: a half at -8, where a single word is hardly heard."""
    return round(1 / (1 + math.exp(-(ratio + 8) / 8)), 2)
