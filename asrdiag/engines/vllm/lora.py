"""A PEFT adapter as vLLM takes it, once it is certain that vLLM would apply all of it."""

import re
from dataclasses import dataclass
from pathlib import Path

from ...errors import UsageError
from ..transformers.checkpoint import Checkpoint

RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""What vLLM takes as `max_lora_rank`."""
WEIGHTS = "adapter_model.safetensors"

_ADAPTED = re.compile(
    r"base_model\.model\.(?:"
    r"(?:model|thinker)\.audio_tower\.(?:layers\.\d+\.(?:self_attn\.(?:[qkv]|out)_proj|fc[12])|proj[12])"
    r"|model\.multi_modal_projector\.linear_[12]"
    r"|(?:model\.language_model|thinker\.model)\.layers\.\d+\.(?:self_attn\.[qkvo]|mlp\.(?:gate|up|down))_proj"
    r")\.lora_[AB]\.weight"
)
"""The weights of a Qwen3-ASR adapter that vLLM applies as they are meant, under the names of transformers and
of the model's makers.

Others it leaves out without a word, if only it knows the last part of their names. Those of the encoder's
`conv_out` it applies to other frames than the clip's: that layer still has the padding.
"""


@dataclass(frozen=True, slots=True)
class Lora:
    """An adapter on this machine."""

    folder: Path
    rank: int
    """vLLM's `max_lora_rank` for it: the smallest it takes that is enough."""
    layers: tuple[str, ...]
    """What vLLM calls those that it adapts; no others need be made ready for it, least of all `conv_out`."""


def lora_of(adapter: Checkpoint) -> Lora:
    """Find an adapter for Qwen3-ASR, fetching it if it is on the hub.

    Raises:
        UsageError: it cannot be found, is of another kind, has a larger rank than vLLM takes, or weights that
            vLLM would leave out or misapply.
    """
    config = adapter.read("adapter_config.json")
    if config.get("peft_type", "LORA") != "LORA" or "r" not in config:
        kind = config.get("peft_type")
        raise UsageError(f"{adapter.name}: found an adapter of type {kind}, expected LORA with a rank `r`")
    rank = max([int(config["r"]), *map(int, (config.get("rank_pattern") or {}).values())])
    if rank > RANKS[-1]:
        raise UsageError(f"{adapter.name}: found the rank {rank}, expected at most {RANKS[-1]}")
    folder = adapter.fetched("adapter_config.json")
    names = _weights(folder / WEIGHTS)
    if left_out := [name for name in names if not _ADAPTED.fullmatch(name)]:
        shown = ", ".join(left_out[:3])
        raise UsageError(
            f"{adapter.name}: vLLM would leave out or misapply {len(left_out)} of its weights: {shown}; the "
            "transformers engine applies them"
        )
    layers = {name.split(".")[-3].replace("linear_", "proj") for name in names}
    return Lora(folder, next(limit for limit in RANKS if limit >= rank), tuple(sorted(layers)))


def _weights(file: Path) -> list[str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="np") as opened:
            return sorted(opened.keys())
    except (OSError, SafetensorError) as error:
        raise UsageError(f"{file}: cannot be read as safetensors: {error}") from error
