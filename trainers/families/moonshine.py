"""Moonshine: raw audio in, a short decoder."""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch

from asrdiag.engines.transformers.families.base import Piece

from .base import Part, Tensors
from .seq2seq import Seq2Seq

_LINEAR = r"((self_attn|encoder_attn)\.[qkvo]_proj|mlp\.fc[12])"


class Moonshine(Seq2Seq):
    """Its tokenizer puts the start token before a text and no end marker after it: neither is left to it."""

    parts: ClassVar[Mapping[str, Part]] = {
        "encoder": Part(r"model\.encoder\.", rf"model\.encoder\.layers\.\d+\.{_LINEAR}"),
        "decoder": Part(r"(model\.decoder|proj_out)\.", rf"model\.decoder\.layers\.\d+\.{_LINEAR}"),
    }

    def example(self, piece: Piece, language: str, text: str) -> Tensors:
        found = super().example(piece, language, text)
        return {**found, "n_samples": torch.tensor([len(piece.samples)])}

    def logits(self, model: Any, batch: Tensors) -> torch.Tensor:
        """As of any such model; its GroupNorm is told how much of each clip is no padding."""
        self.family.expect(batch["n_samples"].tolist())  # type: ignore[attr-defined]
        return super().logits(model, {name: each for name, each in batch.items() if name != "n_samples"})
