"""Qwen3-ASR, as transformers has it from 5.15.1 on."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

import torch
from transformers.models.qwen3_asr.processing_qwen3_asr import LANGUAGE_CODE_TO_NAME

from .base import Answer, Pad, Piece
from .chat import Chat
from .generative import Row
from .qwen3_asr_text import parse


class Qwen3Asr(Chat):
    """The prompt is context for the system turn; a language is forced by writing it before the answer.

    The encoder works on seconds of a clip's own frames, so padding is exact.
    """

    pads: ClassVar[Mapping[str, Pad]] = {
        **Chat.pads,
        "input_features": Pad(),
        "input_features_mask": Pad(),
    }

    @classmethod
    def model_class(cls, config: Mapping[str, Any]) -> Any:
        from transformers import Qwen3ASRForConditionalGeneration

        return Qwen3ASRForConditionalGeneration

    def languages(self) -> Collection[str] | None:
        """Those that its processor names."""
        return LANGUAGE_CODE_TO_NAME

    def prepare(self, piece: Piece) -> dict[str, torch.Tensor]:
        found = self.processor.apply_transcription_request(
            piece.samples, language=piece.language, prompt=piece.prompt or None
        )
        names = ("input_ids", "attention_mask", "input_features", "input_features_mask")
        return {name: found[name] for name in names}

    def answer(self, piece: Piece, row: Row) -> Answer:
        raw = self.decoded(row)
        parsed = parse(raw)
        return Answer(
            parsed.text,
            len(row.tokens),
            row.truncated,
            row.mean_logprob,
            parsed.language,
            raw=None if raw == parsed.text else raw,
        )
