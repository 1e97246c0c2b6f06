"""Which speech models ms-swift trains, as far as a checkpoint's `config.json` tells."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from asrdiag.engines.transformers.checkpoint import Checkpoint
from asrdiag.errors import UsageError

from ..learning.model_recipe import Model

QWEN3_ASR = "Qwen3ASRForConditionalGeneration"
HEARING: Mapping[str, str] = {
    QWEN3_ASR: "Qwen3-ASR",
    "Qwen2AudioForConditionalGeneration": "Qwen2-Audio",
    "Qwen2_5OmniModel": "Qwen2.5-Omni",
    "Qwen2_5OmniForConditionalGeneration": "Qwen2.5-Omni",
    "Qwen3OmniMoeForConditionalGeneration": "Qwen3-Omni",
    "MiDashengLMModel": "MiDashengLM",
    "MiniCPMO": "MiniCPM-o",
    "Phi4MMForCausalLM": "Phi-4-multimodal",
    "Gemma3nForConditionalGeneration": "Gemma 3n",
    "Step1ForCausalLM": "Step-Audio",
    "StepAudio2ForCausalLM": "Step-Audio 2",
}
"""What models that are given audio are called in `config.json` (`architectures`); of ms-swift 4.6.0."""


def require_trained_by_swift(model: Model) -> bool:
    """Make sure that ms-swift can train a checkpoint.

    Returns:
        Whether that could be looked up: of one on the hub that was never fetched here nothing is known.

    Raises:
        UsageError: it cannot, or the folder is not there.
    """
    checkpoint = Checkpoint(model.checkpoint, model.revision)
    if reason := checkpoint.missing():
        raise UsageError(f"model.checkpoint: {reason}")
    on_hub = checkpoint.folder is None
    if (on_hub and find_spec("huggingface_hub") is None) or not checkpoint.is_here():
        return False
    config = checkpoint.read("config.json")
    found = (config.get("architectures") or [None])[0]
    where = f"model.checkpoint: {model.checkpoint}"
    if found not in HEARING:
        known = ", ".join(dict.fromkeys(HEARING.values()))
        raise UsageError(
            f"{where}: found {_told(found, config)}, which ms-swift 4.6 does not train; of models that hear "
            f"it trains {known}. Without --export-swift Whisper, Moonshine and Qwen3-ASR are trained here"
        )
    if found == QWEN3_ASR and "thinker_config" not in config:
        raise UsageError(
            f"{where}: found Qwen3-ASR as transformers has it; ms-swift 4.6 reads it in its makers' layout "
            "alone (with thinker_config): --set model.checkpoint=Qwen/Qwen3-ASR-1.7B"
        )
    return True


def _told(architecture: object, config: Mapping[str, Any]) -> str:
    return str(architecture) if architecture else f"the model_type {config.get('model_type')!r}"
