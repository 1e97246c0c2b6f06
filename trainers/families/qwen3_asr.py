"""Qwen3-ASR: encoder, aligner, language model."""

from collections.abc import Mapping
from typing import ClassVar

from transformers.models.qwen3_asr.processing_qwen3_asr import LANGUAGE_CODE_TO_NAME

from asrdiag.engines.transformers.families.base import Piece
from asrdiag.engines.transformers.families.qwen3_asr_text import MARKER
from asrdiag.metrics import spoken_languages

from .base import Part
from .chat import Chat


class Qwen3Asr(Chat):
    """It writes `language English<asr_text>` first; told the language, it finds that in its prompt.

    What it is told has no labels. What it writes has: without them it would forget how to begin.
    """

    end_of_turn: ClassVar[str | None] = "<|im_end|>"
    parts: ClassVar[Mapping[str, Part]] = {
        "encoder": Part(
            r"model\.audio_tower\.",
            r"model\.audio_tower\.(layers\.\d+\.(self_attn\.(q_proj|k_proj|v_proj|out_proj)|fc1|fc2)|conv_out)",
        ),
        "aligner": Part(r"model\.multi_modal_projector\.", r"model\.multi_modal_projector\.linear_[12]"),
        "decoder": Part(
            r"(model\.language_model|lm_head)\.",
            r"model\.language_model\.layers\.\d+\.(self_attn\.[qkvo]_proj|mlp\.(gate|up|down)_proj)",
        ),
    }

    def opening(self, piece: Piece, language: str) -> str:
        if piece.language is not None:
            return ""
        return f"language {LANGUAGE_CODE_TO_NAME[spoken_languages(language)[0]]}{MARKER}"
