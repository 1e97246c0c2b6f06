"""Mistral Voxtral, by its transcription request."""

from collections.abc import Mapping
from typing import Any

import torch

from .base import RATE_HZ, Piece
from .chat import Chat


class Voxtral(Chat):
    """Audio is encoded in windows of 30 s, each by itself, so padding is exact."""

    @classmethod
    def model_class(cls, config: Mapping[str, Any]) -> Any:
        from transformers import VoxtralForConditionalGeneration

        return VoxtralForConditionalGeneration

    def prepare(self, piece: Piece) -> dict[str, torch.Tensor]:
        found = self.processor.apply_transcription_request(
            audio=[piece.samples],
            model_id=self.spec.model,
            language=piece.language,
            sampling_rate=RATE_HZ,
            format=["WAV"],
        )
        # The windows of all pieces stand one after the other on the first axis, in the order of the prompts.
        return {name: found[name] for name in ("input_ids", "attention_mask", "input_features")}
