"""Qwen2.5-Omni: its thinker, the part that writes text."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import torch

from .base import RATE_HZ, Pad, Piece
from .chat import Chat, conversation

WINDOW = 30 * RATE_HZ


class Qwen25Omni(Chat):
    """The encoder works on seconds of a clip's own frames, so padding is exact."""

    pads: ClassVar[Mapping[str, Pad]] = {
        **Chat.pads,
        "input_features": Pad(),
        "feature_attention_mask": Pad(),
    }

    @classmethod
    def model_class(cls, config: Mapping[str, Any]) -> Any:
        from transformers import Qwen2_5OmniThinkerForConditionalGeneration

        return Qwen2_5OmniThinkerForConditionalGeneration

    def prepare(self, piece: Piece) -> dict[str, torch.Tensor]:
        turns = conversation(self.spec.system_prompt, piece)
        text = self.processor.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        # Left alone, it fills every clip up to 300 s.
        filled = math.ceil(len(piece.samples) / WINDOW) * WINDOW
        found = self.processor(
            text=text,
            audio=[piece.samples],
            audio_kwargs={"sampling_rate": RATE_HZ, "max_length": filled},
            return_tensors="pt",
            padding=True,
        )
        n_frames = int(found["feature_attention_mask"].sum())
        return {
            "input_ids": found["input_ids"],
            "attention_mask": found["attention_mask"],
            "input_features": found["input_features"][..., :n_frames],
            "feature_attention_mask": found["feature_attention_mask"][:, :n_frames],
        }
