"""Qwen2.5-Omni: its thinker, the part that writes text."""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch

from .base import RATE_HZ, Pad, Piece
from .chat import Chat, conversation


class Qwen25Omni(Chat):
    """Spectra are padded to one length by the processor and cut to a clip's own frames inside the model."""

    pads: ClassVar[Mapping[str, Pad]] = Chat.pads

    @classmethod
    def model_class(cls, config: Mapping[str, Any]) -> Any:
        from transformers import Qwen2_5OmniThinkerForConditionalGeneration

        return Qwen2_5OmniThinkerForConditionalGeneration

    def prepare(self, piece: Piece) -> dict[str, torch.Tensor]:
        turns = conversation(self.spec.system_prompt, piece)
        text = self.processor.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        found = self.processor(
            text=text, audio=[piece.samples], sampling_rate=RATE_HZ, return_tensors="pt", padding=True
        )
        names = ("input_ids", "attention_mask", "input_features", "feature_attention_mask")
        return {name: found[name] for name in names}
