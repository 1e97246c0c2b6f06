"""The router of Mega-ASR's release as one that asrdiag loads.

The release has it as `audio_quality_router/best_acc_model.safetensors`: two convolutions with stride 2 and
batch normalisation, positions, one Transformer encoder layer, attention pooling, a head of two layers. Widths
follow from the weights; the number of heads, which does not, is in the file's metadata. The rest of what that
says (four layers) is not what the weights are, and is not used.

Source: github.com/xzf-thu/Mega-ASR, `router.py` and `utils/audio_quality.py` in `src/MegaASR/model`.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..routing.config import WEIGHTS, Convolution, RouterConfig
from .extra import require_extra
from .folder import Imported, check_free, new_folder
from .tensor_files import n_parameters

RELEASED, FILE = "audio_quality_router", "best_acc_model.safetensors"
POSITIONS = "pos_encoder.pe"
"""Computed, not learnt; only compared."""
_NAMES = (
    (r"frontend\.conv\.0\.", "steps.0.convolution."),
    (r"frontend\.conv\.1\.", "steps.0.norm."),
    (r"frontend\.conv\.4\.", "steps.1.convolution."),
    (r"frontend\.conv\.5\.", "steps.1.norm."),
    (r"transformer\.layers\.(\d+)\.self_attn\.in_proj_", r"layers.\1.attention_in."),
    (r"transformer\.layers\.(\d+)\.self_attn\.out_proj\.", r"layers.\1.attention_out."),
    (r"transformer\.layers\.(\d+)\.norm1\.", r"layers.\1.attention_norm."),
    (r"transformer\.layers\.(\d+)\.norm2\.", r"layers.\1.feed_norm."),
    (r"transformer\.layers\.(\d+)\.linear1\.", r"layers.\1.feed_in."),
    (r"transformer\.layers\.(\d+)\.linear2\.", r"layers.\1.feed_out."),
    (r"transformer\.norm\.", "norm."),
    (r"pooling\.query\.", "pooling."),
    (r"classifier\.0\.", "hidden."),
    (r"classifier\.3\.", "head."),
)


def import_mega_asr_router(source: Path, out: Path) -> Imported:
    """Write the release's router in our form.

    Args:
        source: the folder of the release, the router's in it, or its file.
        out: the new folder.

    Raises:
        UsageError: the extra is not installed, `out` is taken, the file is missing or damaged, or is of
            another architecture.
        SaveError: it could not be written; nothing is left.
    """
    require_extra()
    check_free(out)
    path = next(
        (place for place in (source / RELEASED / FILE, source / FILE) if place.is_file()),
        source,
    )
    tensors, said = _read(path)
    try:
        config = _config(tensors, said)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise UsageError(
            f"{path}: this is not the router of Mega-ASR's release: {type(error).__name__}: {error}"
        ) from error
    renamed = {_renamed(name): value for name, value in tensors.items() if name != POSITIONS}
    _check(renamed, tensors, config, path)
    from safetensors.torch import save

    with new_folder(out) as target:
        (target / WEIGHTS).write_bytes(save(renamed, metadata={"format": "pt"}))
        config.write(target)
    shapes = {name: tuple(value.shape) for name, value in tensors.items()}
    return Imported(out, len(shapes), n_parameters(shapes))


def _read(path: Path) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """The weights, and what the metadata says of the model."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as opened:
            found = json.loads((opened.metadata() or {}).get("config", "{}"))
            return {name: opened.get_tensor(name) for name in opened.keys()}, found.get("model", {})  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise UsageError(
            f"{path}: cannot be read as safetensors ({error}); expected {FILE} of the release, or its folder"
        ) from error
    except (ValueError, AttributeError) as error:
        raise UsageError(f"{path}: its metadata cannot be read: {error}") from error


def _config(tensors: Mapping[str, Any], said: Mapping[str, Any]) -> RouterConfig:
    first, second = tensors["frontend.conv.0.weight"], tensors["frontend.conv.4.weight"]
    layers = {name.split(".")[2] for name in tensors if name.startswith("transformer.layers.")}
    return RouterConfig(
        n_mels=first.shape[1],
        convolutions=tuple(
            Convolution(channels=weight.shape[0], kernel=weight.shape[2], stride=2)
            for weight in (first, second)
        ),
        batch_norm=True,
        heads=int(said.get("nhead", 4)),
        feed_forward=tensors["transformer.layers.0.linear1.weight"].shape[0],
        layers=len(layers),
        head_hidden=tensors["classifier.0.weight"].shape[0],
    )


def _renamed(name: str) -> str:
    for pattern, ours in _NAMES:
        if re.match(pattern, name):
            return re.sub(f"^{pattern}", ours, name)
    return name


def _check(renamed: Mapping[str, Any], tensors: Mapping[str, Any], config: RouterConfig, path: Path) -> None:
    """Hold every name and shape against our model, and the positions against ours."""
    from ..routing.model import RouterModel, sinusoids
    from .extra import compare_tensors

    expected = {name: tuple(value.shape) for name, value in RouterModel(config).state_dict().items()}
    compare_tensors(str(path), {name: tuple(value.shape) for name, value in renamed.items()}, expected)
    if (positions := tensors.get(POSITIONS)) is not None:
        computed = sinusoids(positions.shape[-2], positions.shape[-1])
        if not (positions.reshape(computed.shape) - computed).abs().max() < 1e-4:
            raise UsageError(
                f"{path}: {POSITIONS} does not hold the sinusoidal positions that it is made with"
            )
