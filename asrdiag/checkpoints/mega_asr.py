"""The adapter of Mega-ASR's release as one that peft loads onto transformers' Qwen3-ASR.

The release is a folder `mega-asr-merged` with `adapter_config.json`, `adapter_model.safetensors` and
`mega_lora_blocks.json`. It differs from an ordinary adapter in three ways:

- names are the original Qwen3-ASR's, `base_model.model.thinker.<module>.lora_A.weight`;
- modules of the language model appear twice, under `thinker.layers.` and `thinker.model.layers.`; the
  release's code adds both to the weight;
- a module's rank may be made of blocks, each with a rank and an alpha of its own, which the third file lists.

Here the pairs of a module become one pair of a higher rank: the rows of A one below the other, the columns of
B side by side, each block of B multiplied by its alpha / rank. The product is the sum of the products.

Source: github.com/xzf-thu/Mega-ASR, `src/MegaASR/model/utils/lora_switch.py`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .documents import read_object
from .extra import Shape, compare_tensors, expected_tensors, require_extra
from .folder import Imported, check_free, new_folder
from .lora_pairs import Pair, original_name, read_pairs
from .qwen3_asr import ARCHITECTURE
from .tensor_files import n_parameters

RELEASED = "mega-asr-merged"
"""The adapter's folder in the release."""
CONFIG, WEIGHTS, BLOCKS = "adapter_config.json", "adapter_model.safetensors", "mega_lora_blocks.json"
_NEVER = ("fan_in_fan_out", "modules_to_save", "use_dora", "use_rslora")


def import_mega_asr(source: Path, out: Path, base: Path | None = None) -> Imported:
    """Write the release's adapter in peft's own form, under transformers' names, in float32.

    Every module's alpha equals its rank, since its scale is in B: loaders that know one scale for the whole
    adapter then apply the right one.

    Args:
        source: the folder of the adapter, or the folder of the release that holds it.
        out: the new folder.
        base: Qwen3-ASR in transformers' layout; if given, every module is looked up in it, and the adapter
            names it as its base.

    Raises:
        UsageError: the extra is not installed, `out` is taken, a file is missing or damaged, a weight has
            an unknown name, half of a pair is missing, or `base` has no such module or one of another shape.
        SaveError: it could not be written; nothing is left.
    """
    require_extra(peft=True)
    check_free(out)
    folder = source / RELEASED if (source / RELEASED).is_dir() else source
    config = read_object(folder / CONFIG, "an adapter of Mega-ASR")
    _check(config, folder / CONFIG)
    path = folder / BLOCKS
    blocks = read_object(path, "an adapter of Mega-ASR") if path.is_file() else {}
    pairs = read_pairs(folder / WEIGHTS)
    try:
        joined = {
            module: _joined(_scaled(name, pair, config, blocks, path) for name, pair in by_name.items())
            for module, by_name in sorted(pairs.items())
        }
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise UsageError(
            f"{folder}: {CONFIG} or {BLOCKS} is not of the release's form: {type(error).__name__}: {error}"
        ) from error
    notes = []
    if twice := sum(len(by_name) > 1 for by_name in pairs.values()):
        notes.append(f"{twice} modules had a pair under each of two names; the pairs are joined")
    if base is None:
        notes.append("the modules were not looked up in a model; --base DIR does that")
    else:
        _check_base(joined, base, folder / WEIGHTS)
    with new_folder(out) as target:
        shapes = _write(joined, base, target)
    return Imported(out, len(shapes), n_parameters(shapes), tuple(notes))


def _check(config: Mapping[str, Any], where: Path) -> None:
    found = [f"{name}: {config[name]!r}" for name in _NEVER if config.get(name)]
    found += [
        f"{name}: {config[name]!r}"
        for name, usual in (("peft_type", "LORA"), ("bias", "none"))
        if config.get(name, usual) != usual
    ]
    if found:
        raise UsageError(f"{where}: found {', '.join(found)}; expected a LoRA adapter without any of this")


def _scaled(name: str, pair: Pair, config: Mapping[str, Any], blocks: Mapping[str, Any], where: Path) -> Pair:
    """The pair whose product needs no scale any more."""
    listed = _stated(blocks, name)
    if not listed:
        alpha = _stated(config.get("alpha_pattern"), name) or config.get("lora_alpha", 1)
        rank = _stated(config.get("rank_pattern"), name) or config.get("r") or pair.rank
        return Pair(pair.a, pair.b * (float(alpha) / int(rank)))
    parts = []
    for block in listed:
        start, end = int(block["start"]), int(block["end"])
        if not 0 <= start < end <= pair.rank:
            raise UsageError(f"{where}: {name}: found a block {start} to {end} in a rank of {pair.rank}")
        rank = int(block.get("rank", end - start))
        scale = float(block.get("alpha", rank)) / rank
        parts.append(Pair(pair.a[start:end], pair.b[:, start:end] * scale))
    return _joined(parts)


def _stated(pattern: Mapping[str, Any] | None, name: str) -> Any:
    known = pattern or {}
    return known.get(name) or known.get(original_name(name))


def _joined(pairs: Iterable[Pair]) -> Pair:
    import torch

    every = list(pairs)
    return Pair(torch.cat([pair.a for pair in every]), torch.cat([pair.b for pair in every], dim=1))


def _check_base(pairs: Mapping[str, Pair], base: Path, where: Path) -> None:
    from transformers import AutoConfig

    document = read_object(base / "config.json", "Qwen3-ASR in transformers' layout")
    if document.get("model_type") != "qwen3_asr" or "thinker_config" in document:
        raise UsageError(
            f"{base}: this is not Qwen3-ASR in transformers' layout; `asrdiag models import qwen3-asr` "
            "makes that of the original"
        )
    expected = expected_tensors(ARCHITECTURE, AutoConfig.from_pretrained(base, local_files_only=True))
    changed = {f"{module}.weight": pair.shape for module, pair in pairs.items()}
    compare_tensors(str(where), changed, expected, partial=True)


def _write(pairs: Mapping[str, Pair], base: Path | None, folder: Path) -> dict[str, Shape]:
    from peft import LoraConfig
    from safetensors.torch import save

    ranks = {module: pair.rank for module, pair in pairs.items()}
    usual = Counter(ranks.values()).most_common(1)[0][0]
    others = {module: rank for module, rank in ranks.items() if rank != usual}
    LoraConfig(
        r=usual,
        lora_alpha=usual,
        rank_pattern=others,
        alpha_pattern=dict(others),
        target_modules=list(pairs),
        base_model_name_or_path=str(base.resolve()) if base else None,
        inference_mode=True,
    ).save_pretrained(str(folder))
    tensors = {}
    for module, pair in pairs.items():
        tensors[f"base_model.model.{module}.lora_A.weight"] = pair.a.contiguous()
        tensors[f"base_model.model.{module}.lora_B.weight"] = pair.b.contiguous()
    (folder / WEIGHTS).write_bytes(save(tensors, metadata={"format": "pt"}))
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}
