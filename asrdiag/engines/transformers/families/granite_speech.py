"""IBM Granite Speech."""

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import torch

from ....errors import UsageError
from .base import Piece
from .chat import Chat

if TYPE_CHECKING:
    from ..loading import Loaded
    from ..spec import TransformersSpec


class GraniteSpeech(Chat):
    """Its encoder has no mask: only equal lengths, with equal prompts, share a batch.

    Raises:
        UsageError: the checkpoint has an adapter for audio, by its configuration, and it is not loaded.
            transformers would go on with the language model as it is for text.
    """

    def __init__(self, loaded: "Loaded", processor: Any, spec: "TransformersSpec") -> None:
        super().__init__(loaded, processor, spec)
        if self.model.config.has_lora_adapter and not getattr(self.model, "_hf_peft_config_loaded", False):
            raise UsageError(
                f"{spec.model}: `has_lora_adapter` of config.json is true, but there is no adapter beside "
                "the weights (adapter_config.json, adapter_model.safetensors)"
            )

    @classmethod
    def model_class(cls, config: Mapping[str, Any]) -> Any:
        from transformers import GraniteSpeechForConditionalGeneration

        return GraniteSpeechForConditionalGeneration

    def batch_key(self, piece: Piece) -> Hashable | None:
        return None if super().batch_key(piece) is None else (len(piece.samples), piece.prompt)

    def prepare(self, piece: Piece) -> dict[str, torch.Tensor]:
        turns = [{"role": "user", "content": f"{self.processor.audio_token}{piece.prompt}"}]
        if self.spec.system_prompt is not None:
            turns.insert(0, {"role": "system", "content": self.spec.system_prompt})
        tokenizer = self.processor.tokenizer
        text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        found = self.processor(text, torch.from_numpy(piece.samples)[None], return_tensors="pt")
        names = ("input_ids", "attention_mask", "input_features", "input_features_mask")
        return {name: found[name] for name in names}
