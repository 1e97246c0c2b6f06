"""Moonshine Tiny (English) as a transformers checkpoint, from the files inside the moonshine-voice wheel."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..engines.moonshine_files import PACKAGE, MoonshineFiles, find_files
from ..engines.moonshine_tokens import BEGIN, END, read_tokens
from ..errors import UsageError
from .extra import compare_tensors, expected_tensors, require_extra, save_processor
from .folder import Imported, new_folder
from .moonshine_tokenizer import tokenizer_document
from .ort_weights import FloatArray, OrtGraph
from .tensor_files import SINGLE, n_parameters

Dtype = Literal["float32", "float16"]
LONGEST = 194
"""Tokens that the model was made for, the begin marker included."""
_CONVOLUTIONS = ("conv1", "conv2", "conv3")
_EMBEDDING = "model.decoder.embed_tokens.weight"


def import_moonshine_tiny(out: Path, dtype: Dtype = "float32") -> Imported:
    """Write the packaged model as a folder that transformers' auto classes load.

    The weights are those of the 8-bit graph: (q - zero point) * scale. What differs from the `moonshine`
    engine is that activations are no longer rounded to 8 bits.

    Args:
        out: the new folder.
        dtype: of the weights; float16 halves the file and rounds them again.

    Raises:
        UsageError: the wheel or the extra is not installed, the model's files are not those of Moonshine
            Tiny, or `out` is taken.
        SaveError: it could not be written; nothing is left.
    """
    require_extra()
    files = find_files()
    if files is None:
        raise UsageError(f"the model files of Moonshine Tiny are not installed: pip install {PACKAGE}")
    with new_folder(out) as folder:
        tensors = _write(files, folder, dtype)
    shapes = {name: array.shape for name, array in tensors.items()}
    return Imported(out, len(tensors), n_parameters(shapes))


def read_weights(files: MoonshineFiles) -> dict[str, FloatArray]:
    """The weights by their names in transformers, float32; the output projection is tied to the embedding.

    Raises:
        UsageError: a file is of another format, or lacks something.
    """
    encoder, decoder = OrtGraph(files.encoder), OrtGraph(files.decoder)
    weights = {f"model.encoder.{name}.weight": value for name, value in encoder.linear_weights().items()}
    for name in encoder.names():
        plain = name.removesuffix("_add_tensor")
        if plain.endswith(".bias") or plain.endswith("norm.weight") or plain.split(".")[0] in _CONVOLUTIONS:
            weights[f"model.encoder.{plain}"] = encoder.array(name)
    for parameter, node in (("weight", "/groupnorm/Mul"), ("bias", "/groupnorm/Add")):
        weights[f"model.encoder.groupnorm.{parameter}"] = encoder.input_of(node, 1).ravel()
    weights |= {f"{name}.weight": value for name, value in decoder.linear_weights().items()}
    weights.pop("proj_out.weight", None)
    for name in decoder.names():
        plain = name.removesuffix("_merged_0")
        if plain.endswith(".bias") or plain.endswith("norm.weight"):
            weights[plain] = decoder.array(name)
        elif name.startswith(_EMBEDDING) and name.endswith("_quantized"):
            weights[_EMBEDDING] = decoder.dequantized(name)
    return weights


def _write(files: MoonshineFiles, folder: Path, dtype: Dtype) -> dict[str, npt.NDArray[Any]]:
    from safetensors.numpy import save

    transformers = import_module("transformers")
    weights = read_weights(files)
    config = _config(dtype)
    compare_tensors(
        str(files.encoder.parent),
        {name: array.shape for name, array in weights.items()},
        expected_tensors("MoonshineForConditionalGeneration", config),
    )
    tensors = {name: np.ascontiguousarray(array, dtype=dtype) for name, array in sorted(weights.items())}
    (folder / SINGLE).write_bytes(save(tensors, metadata={"format": "pt"}))
    config.save_pretrained(folder)
    transformers.GenerationConfig(
        bos_token_id=BEGIN,
        decoder_start_token_id=BEGIN,
        eos_token_id=END,
        pad_token_id=END,
        max_length=LONGEST,
    ).save_pretrained(folder)
    _write_processor(files, folder)
    return tensors


def _config(dtype: Dtype) -> Any:
    transformers = import_module("transformers")
    return transformers.MoonshineConfig(
        architectures=["MoonshineForConditionalGeneration"],
        max_position_embeddings=LONGEST,
        pad_head_dim_to_multiple_of=8,
        pad_token_id=END,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0, "partial_rotary_factor": 0.9},
        dtype=dtype,
    )


def _write_processor(files: MoonshineFiles, folder: Path) -> None:
    from tokenizers import Tokenizer

    transformers = import_module("transformers")
    document = tokenizer_document(read_tokens(files.tokenizer))
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(document)),
        unk_token="<unk>",  # noqa: S106 - a token of the vocabulary
        bos_token="<s>",  # noqa: S106
        eos_token="</s>",  # noqa: S106
        pad_token="</s>",  # noqa: S106
        model_max_length=LONGEST,
    )
    features = transformers.Wav2Vec2FeatureExtractor(
        sampling_rate=16_000, do_normalize=False, return_attention_mask=True
    )
    save_processor(transformers.Wav2Vec2Processor(features, tokenizer), folder)
