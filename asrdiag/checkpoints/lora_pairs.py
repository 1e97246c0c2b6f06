"""Reading an adapter's matrices under the original Qwen3-ASR's names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from .extra import Shape, listing
from .qwen3_asr_names import PREFIX, native_name

if TYPE_CHECKING:
    from torch import Tensor

_WRAPPED = "base_model.model."
_TAILS = ("weight", "default.weight")


@dataclass(frozen=True, slots=True)
class Pair:
    """The matrices of one module: `a` (rank, in) and `b` (out, rank), float32; the change is b @ a."""

    a: "Tensor"
    b: "Tensor"

    @property
    def rank(self) -> int:
        return int(self.a.shape[0])

    @property
    def shape(self) -> Shape:
        """Of the change: (out, in)."""
        return int(self.b.shape[0]), int(self.a.shape[1])


def read_pairs(path: Path) -> dict[str, dict[str, Pair]]:
    """The pairs by the module's name in transformers, then by its name in the file.

    Raises:
        UsageError: the file is missing or damaged, a weight has an unknown name, a pair is not whole, or the
            matrices of a module do not fit each other.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        pickled = path.with_suffix(".bin").name if path.with_suffix(".bin").is_file() else ""
        raise UsageError(
            f"{path}: there is no such file"
            + (f" ({pickled} is a pickle, which is not read)" if pickled else "")
        )
    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise UsageError(f"{path}: this is not a safetensors file, or it is damaged: {error}") from error
    factors: dict[str, dict[str, Tensor]] = {}
    unknown = []
    for key, tensor in tensors.items():
        name, factor = _parsed(key)
        if not factor or native_name(original_name(name)) is None or tensor.ndim != 2:
            unknown.append(key)
        else:
            factors.setdefault(name, {})[factor] = tensor.float()
    if unknown:
        raise UsageError(
            f"{path}: {len(unknown)} weights are no matrices of a Qwen3-ASR adapter: {listing(unknown)}"
        )
    if not factors:
        raise UsageError(f"{path}: it holds no weights")
    return _paired(path, factors)


def original_name(name: str) -> str:
    """A module's name in the original model.

    Training code that adapts the `thinker` alone leaves `thinker.` out; where a leading `model.` was stripped
    too, `layers.` or `thinker.layers.` is left.

    >>> original_name("thinker.layers.0.mlp.up_proj"), original_name("audio_tower.conv_out")
    ('thinker.model.layers.0.mlp.up_proj', 'thinker.audio_tower.conv_out')
    """
    plain = name.removeprefix(PREFIX)
    return f"{PREFIX}model.{plain}" if plain.startswith("layers.") else f"{PREFIX}{plain}"


def _parsed(key: str) -> tuple[str, str]:
    """The module and "A" or "B"; "" for what is neither."""
    name = key
    while name.startswith(_WRAPPED):
        name = name.removeprefix(_WRAPPED)
    module, _, rest = name.rpartition(".lora_")
    factor, _, tail = rest.partition(".")
    return module, factor if factor in ("A", "B") and tail in _TAILS else ""


def _paired(path: Path, factors: "Mapping[str, Mapping[str, Tensor]]") -> dict[str, dict[str, Pair]]:
    halves = [f"{name}.lora_{next(iter(found))}" for name, found in factors.items() if len(found) < 2]
    if halves:
        raise UsageError(f"{path}: the other half is missing of {len(halves)} pairs: {listing(halves)}")
    pairs: dict[str, dict[str, Pair]] = {}
    for name, found in factors.items():
        module = str(native_name(original_name(name)))
        pairs.setdefault(module, {})[name] = Pair(found["A"], found["B"])
    odd = [
        module
        for module, by_name in pairs.items()
        if any(pair.rank != pair.b.shape[1] for pair in by_name.values())
        or len({pair.shape for pair in by_name.values()}) > 1
    ]
    if odd:
        raise UsageError(f"{path}: the matrices of {len(odd)} modules do not fit each other: {listing(odd)}")
    return pairs
