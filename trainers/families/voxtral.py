"""Voxtral: Whisper's encoder, an aligner, a language model."""

from collections.abc import Mapping
from typing import ClassVar

from .base import Part
from .chat import Chat


class Voxtral(Chat):
    """Its tokenizer takes special tokens by their numbers only, never from a text."""

    parts: ClassVar[Mapping[str, Part]] = {
        "encoder": Part(
            r"model\.audio_tower\.",
            r"model\.audio_tower\.layers\.\d+\.(self_attn\.(q_proj|k_proj|v_proj|out_proj)|fc[12])",
        ),
        "aligner": Part(r"model\.multi_modal_projector\.", r"model\.multi_modal_projector\.linear_[12]"),
        "decoder": Part(
            r"(model\.language_model|lm_head)\.",
            r"model\.language_model\.layers\.\d+\.(self_attn\.[qkvo]_proj|mlp\.(gate|up|down)_proj)",
        ),
    }

    def tokens(self, text: str) -> list[int]:
        found: list[int] = self.tokenizer.encode(text, add_special_tokens=False)
        return found
