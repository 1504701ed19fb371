"""A voice of Piper's that hums: a tone of some milliseconds for each phoneme.

Its phonemes are Piper's own, made of the text by the real thing; what is as small as can be is
the model that sings them.
"""

import json
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.providers.made_here import made_here

RATE: Final = 16000
NAME: Final = "pt_BR-hum-low"
SAMPLES_A_PHONEME: Final = 512
_OPSET: Final = 17
_SYMBOLS: Final = (
    "_^$ !'(),-.:;?abcdefghijklmnopqrstuvwxyzæçðøħŋœɐɑɒɔɕɖəɛɜɟɡɣɥɪɫɲɹɾʀʁʃʊʌʎʏʒʔʲˈˌː\u0303"
)


def piper_voice() -> Path:
    """Return the file of a voice, whose configuration lies beside it."""
    return made_here(_make) / f"{NAME}.onnx"


def _make(folder: Path) -> None:
    onnx.save(_model(), str(folder / f"{NAME}.onnx"))
    config = {
        "audio": {"sample_rate": RATE, "quality": "low"},
        "espeak": {"voice": "pt-br"},
        "inference": {"noise_scale": 0.0, "length_scale": 1.0, "noise_w": 0.0},
        "num_symbols": len(_SYMBOLS),
        "num_speakers": 1,
        "speaker_id_map": {},
        "phoneme_type": "espeak",
        "phoneme_id_map": {symbol: [number] for number, symbol in enumerate(_SYMBOLS)},
    }
    (folder / f"{NAME}.onnx.json").write_text(json.dumps(config), encoding="utf-8")


def _model() -> onnx.ModelProto:
    """Return a graph that makes of N ids N x `SAMPLES_A_PHONEME` samples of a tone."""
    step = 2 * np.pi * 220 / RATE
    constants = {
        "zero": np.array(0, np.int64),
        "one": np.array(1, np.int64),
        "each": np.array(SAMPLES_A_PHONEME, np.int64),
        "step": np.array(step, np.float32),
        "shape": np.array([1, 1, 1, -1], np.int64),
    }
    nodes = [
        helper.make_node("Gather", ["input_lengths", "zero"], ["ids"]),
        helper.make_node("Mul", ["ids", "each"], ["samples"]),
        helper.make_node("Range", ["zero", "samples", "one"], ["counted"]),
        helper.make_node("Cast", ["counted"], ["instants"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["instants", "step"], ["phases"]),
        helper.make_node("Sin", ["phases"], ["tone"]),
        helper.make_node("Reshape", ["tone", "shape"], ["output"]),
    ]
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, [1, "phonemes"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 1, "samples"])
    kept = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "hum", inputs, [output], kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model
