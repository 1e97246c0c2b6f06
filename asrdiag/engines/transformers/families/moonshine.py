"""Moonshine (useful-sensors/moonshine; Jeffries et al. 2024) and its streaming successor."""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import nn

from .base import RATE_HZ, Answer, Pad, Piece
from .generative import Generative, Row

if TYPE_CHECKING:
    from ..loading import Loaded
    from ..spec import TransformersSpec

FRAME_HOP = 64 * 3 * 2
"""Samples from one frame of the encoder to the next: the strides of its three convolutions."""


def first_frames(n_samples: int) -> int:
    """How many frames the first convolution (127 wide, every 64) makes of so many samples."""
    return (n_samples - 127) // 64 + 1


def encoder_frames(n_samples: int) -> int:
    """How many frames the encoder makes of so many samples.

    >>> encoder_frames(16_000)
    40
    """
    return ((first_frames(n_samples) - 7) // 3 + 1 - 3) // 2 + 1


class _GroupNormOverSpeech(nn.GroupNorm):
    """The encoder's GroupNorm, with mean and variance over a clip's own frames and not over the padding."""

    n_frames: Sequence[int]
    """Of each clip; set before each batch."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if input.shape[0] == 1 and self.n_frames[0] == input.shape[-1]:
            return super().forward(input)
        # One by one: thirty times as fast as the same sums over masked values.
        normed = torch.zeros_like(input)
        for row, n_frames in enumerate(self.n_frames):
            own = (slice(row, row + 1), slice(None), slice(n_frames))
            normed[own] = super().forward(input[own])
        return normed


class _Moonshine(Generative):
    def prepare(self, piece: Piece) -> dict[str, torch.Tensor]:
        found = self.processor(
            piece.samples, sampling_rate=RATE_HZ, return_tensors="pt", return_attention_mask=True
        )
        return {"input_values": found["input_values"], "attention_mask": found["attention_mask"]}

    def limit(self, piece: Piece) -> int:
        """As its makers advise, 6.5 tokens a second; and what the decoder has positions for."""
        most = self.spec.max_new_tokens or math.ceil(6.5 * piece.duration_s) + 8
        return min(most, int(self.model.config.max_position_embeddings) - 1)

    def answer(self, piece: Piece, row: Row) -> Answer:
        text = self.processor.decode(row.tokens, skip_special_tokens=True).strip()
        return Answer(text, len(row.tokens), row.truncated, row.mean_logprob)


class Moonshine(_Moonshine):
    """Padding is made exact: the encoder is told its true frames, and its GroupNorm counts only those.

    As transformers has it, the mask reaches a frame too far and the statistics run over the padding: of eight
    clips in a batch most come out different.
    """

    pads: ClassVar[Mapping[str, Pad]] = {"input_values": Pad(), "attention_mask": Pad()}

    def __init__(self, loaded: "Loaded", processor: Any, spec: "TransformersSpec") -> None:
        super().__init__(loaded, processor, spec)
        encoder = self.model.model.encoder
        plain = encoder.groupnorm
        self._norm = _GroupNormOverSpeech(plain.num_groups, plain.num_channels, plain.eps)
        self._norm.weight, self._norm.bias = plain.weight, plain.bias
        encoder.groupnorm = self._norm

    @classmethod
    def model_class(cls, config: Mapping[str, Any]) -> Any:
        from transformers import MoonshineForConditionalGeneration

        return MoonshineForConditionalGeneration

    def prepare(self, piece: Piece) -> dict[str, torch.Tensor]:
        if self.processor.feature_extractor.do_normalize:
            values = super().prepare(piece)["input_values"]
        else:
            values = torch.tensor(piece.samples)[None]  # which is what the processor makes of it
        mask = torch.zeros_like(values, dtype=torch.long)
        # transformers takes every 384th value of the mask for a frame's.
        mask[:, : FRAME_HOP * (encoder_frames(values.shape[1]) - 1) + 1] = 1
        return {"input_values": values, "attention_mask": mask}

    def transcribe(self, pieces: Sequence[Piece]) -> list[Answer]:
        self.expect([len(piece.samples) for piece in pieces])
        return super().transcribe(pieces)

    def expect(self, n_samples: Sequence[int]) -> None:
        """Say how long the clips of the next batch are, without the padding."""
        self._norm.n_frames = [first_frames(length) for length in n_samples]


class MoonshineStreaming(_Moonshine):
    """Its causal convolutions reach past a clip's end into the padding: only equal lengths share a batch."""

    @classmethod
    def model_class(cls, config: Mapping[str, Any]) -> Any:
        from transformers import MoonshineStreamingForConditionalGeneration

        return MoonshineStreamingForConditionalGeneration

    def batch_key(self, piece: Piece) -> Hashable | None:
        return None if super().batch_key(piece) is None else len(piece.samples)
