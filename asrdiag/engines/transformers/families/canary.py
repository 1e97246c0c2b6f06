"""NVIDIA Canary: a FastConformer and a decoder whose prompt names the language."""

from collections.abc import Collection, Hashable, Mapping
from typing import Any, ClassVar

import torch
from transformers.models.canary.processing_canary import LANGUAGE_CODE_TO_NAME

from .base import Answer, Pad, Piece
from .generative import Generative, Row


class Canary(Generative):
    """Asks for a transcription with punctuation in the language of the speech."""

    pads: ClassVar[Mapping[str, Pad]] = {"input_features": Pad(axis=1), "attention_mask": Pad(axis=1)}

    @classmethod
    def model_class(cls, config: Mapping[str, Any]) -> Any:
        from transformers import CanaryForConditionalGeneration

        return CanaryForConditionalGeneration

    def languages(self) -> Collection[str] | None:
        """Those that its processor names."""
        return LANGUAGE_CODE_TO_NAME

    def prepare(self, piece: Piece) -> dict[str, torch.Tensor]:
        found = self.processor.apply_transcription_request(piece.samples, source_language=piece.language)
        return {name: found[name] for name in ("input_features", "attention_mask", "decoder_input_ids")}

    def batch_key(self, piece: Piece) -> Hashable | None:
        return None if super().batch_key(piece) is None else piece.language

    def limit(self, piece: Piece) -> int:
        """Not more than the decoder has positions for."""
        return min(super().limit(piece), int(self.model.config.decoder_config.max_position_embeddings) - 32)

    def answer(self, piece: Piece, row: Row) -> Answer:
        text = self.processor.tokenizer.decode(row.tokens, skip_special_tokens=True).strip()
        return Answer(text, len(row.tokens), row.truncated, row.mean_logprob)
