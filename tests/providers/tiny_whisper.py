"""A Whisper model that says always the same, as faster-whisper loads it.

Its vocabulary is laid out as that of the real multilingual ones, down to the empty word by
which CTranslate2 tells them; the rest is as small as can be. Every layer adds nothing, so a
token alone decides on the next: the embedding of each token of the answer is a direction of its
own, and the projection of the next one lies in that direction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import ctranslate2
import numpy as np
from ctranslate2.specs.attention_spec import MultiHeadAttentionSpec
from ctranslate2.specs.common_spec import LayerNormSpec, LinearSpec
from ctranslate2.specs.whisper_spec import WhisperSpec
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from tests.providers.made_here import made_here

_LANGUAGES: Final = 99
_WIDTH: Final = 32
_MELS: Final = 80
_WORDS: Final = 50257
_SPECIAL: Final = (
    *("<|endoftext|>", "<|startoftranscript|>"),
    *(f"<|{code}|>" for code in ("en", "pt", *(f"l{n}" for n in range(_LANGUAGES - 2)))),
    *("<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>"),
    *("<|nospeech|>", "<|notimestamps|>"),
)
_TIMES: Final = tuple(f"<|{step / 50:.2f}|>" for step in range(1501))
_CERTAIN: Final = 6.0
"""How much stronger than all others the next token is: its probability is over 0.9999."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What the model hears in everything.

    `strength` makes it more or less sure of it: 2 is a probability of 0.57. `silent` has it
    say that nobody spoke, and the words all the same, as such models do. Without `languages`
    it is one of the models for English alone.
    """

    text: str = "autorizo"
    strength: float = _CERTAIN
    silent: bool = False
    languages: bool = True


def whisper_that(saying: Saying | None = None) -> Path:
    """Return the folder of a model that hears `saying` in everything."""
    said = saying or Saying()

    def make(folder: Path) -> None:
        vocabulary = _vocabulary(said.text.split(), languages=said.languages)
        _save_model(folder, said, vocabulary)
        _save_tokenizer(folder, vocabulary)

    return made_here(make, said)


def _vocabulary(words: Sequence[str], *, languages: bool) -> list[str]:
    spoken = ["[unknown]", *dict.fromkeys(words)]
    unspoken = (f"word{number}" for number in range(len(spoken), _WORDS - 1))
    return [*spoken, *unspoken, "" if languages else "wordless", *_SPECIAL, *_TIMES]


def _save_tokenizer(folder: Path, vocabulary: Sequence[str]) -> None:
    ids = {token: number for number, token in enumerate(vocabulary)}
    tokenizer = Tokenizer(WordLevel(ids, unk_token="[unknown]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in _SPECIAL])
    tokenizer.save(str(folder / "tokenizer.json"))


def _save_model(folder: Path, saying: Saying, vocabulary: Sequence[str]) -> None:
    words = saying.text.split()
    assert len(set(words)) == len(words) < _WIDTH - 2, "a token has one follower"
    embeddings, projection = _zeros(len(vocabulary), _WIDTH), _zeros(len(vocabulary), _WIDTH)
    chain = ["<|notimestamps|>", *words, "<|endoftext|>"]
    follows = [(before, after, saying.strength) for before, after in pairwise(chain)]
    if saying.silent:
        follows.append(("<|startoftranscript|>", "<|nospeech|>", _CERTAIN))
    for direction, (before, after, strength) in enumerate(follows):
        embeddings[vocabulary.index(before), direction] = 1.0
        projection[vocabulary.index(after), direction] = strength
    spec = WhisperSpec(1, 1, 1, 1)
    _fill(spec, embeddings, projection)
    spec.config.suppress_ids = spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [_WORDS + 2 + number for number in range(_LANGUAGES)]
    spec.config.alignment_heads = [(0, 0)]
    spec.register_vocabulary(list(vocabulary))
    spec.validate()
    spec.save(str(folder))
    assert ctranslate2.contains_model(str(folder))


def _fill(
    spec: WhisperSpec, embeddings: NDArray[np.float32], projection: NDArray[np.float32]
) -> None:
    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv1.bias = _zeros(_WIDTH, _MELS, 3), _zeros(_WIDTH)
    encoder.conv2.weight, encoder.conv2.bias = _zeros(_WIDTH, _WIDTH, 3), _zeros(_WIDTH)
    encoder.position_encodings.encodings = _zeros(1500, _WIDTH)
    decoder.position_encodings.encodings = _zeros(448, _WIDTH)
    decoder.embeddings.weight = embeddings
    decoder.projection.weight = projection
    for norm in (encoder.layer_norm, decoder.layer_norm):
        _even(norm)
    for layer in (*encoder.layer, *decoder.layer):
        _idle(layer.self_attention, 3 * _WIDTH, _WIDTH)
        _even(layer.ffn.layer_norm)
        _nothing(layer.ffn.linear_0, _WIDTH, _WIDTH)
        _nothing(layer.ffn.linear_1, _WIDTH, _WIDTH)
    for layer in decoder.layer:
        _idle(layer.attention, _WIDTH, 2 * _WIDTH, _WIDTH)


def _idle(attention: MultiHeadAttentionSpec, *rows: int) -> None:
    _even(attention.layer_norm)
    for linear, count in zip(attention.linear, rows, strict=True):
        _nothing(linear, count, _WIDTH)


def _even(norm: LayerNormSpec) -> None:
    norm.gamma, norm.beta = np.ones(_WIDTH, np.float32), _zeros(_WIDTH)


def _nothing(linear: LinearSpec, rows: int, columns: int) -> None:
    linear.weight, linear.bias = _zeros(rows, columns), _zeros(rows)


def _zeros(*shape: int) -> NDArray[np.float32]:
    return np.zeros(shape, np.float32)
