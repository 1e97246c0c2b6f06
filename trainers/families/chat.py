"""Language models with an encoder for audio: the transcript follows a prompt in one sequence."""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch

from asrdiag.engines.transformers.families.base import Pad, Piece

from .base import IGNORED, Tensors, TrainedFamily


class Chat(TrainedFamily):
    """Any such model; which parts it has is up to the recipe's `modules`.

    Prompts have different lengths, and sequences are filled up on the left, as in recognition: answers end at
    the same place, and only the last positions need scores. The label of a place is the next place's token.
    """

    label_side: ClassVar[str] = "left"
    end_of_turn: ClassVar[str | None] = None
    """What ends an answer; `None`: the tokenizer's end marker."""

    def opening(self, piece: Piece, language: str) -> str:
        """What the model writes before the transcript."""
        return ""

    def end_token(self) -> int:
        """What ends an answer."""
        end = self.tokenizer.eos_token_id
        return int(self.tokenizer.convert_tokens_to_ids(self.end_of_turn) if self.end_of_turn else end)

    def written(self, piece: Piece, language: str, text: str) -> list[int]:
        opening: list[int] = self.tokenizer.encode(self.opening(piece, language), add_special_tokens=False)
        return [*opening, *self.tokens(text.strip())]

    def example(self, piece: Piece, language: str, text: str) -> Tensors:
        inputs, written = self.inputs(piece), self.written(piece, language, text)
        prompt = inputs["input_ids"][0].tolist()
        given = torch.tensor([[*prompt, *written]])
        return {
            **inputs,
            "input_ids": given,
            "attention_mask": torch.ones_like(given),
            # The last of the prompt asks for the first of the answer; nothing follows the end marker.
            "labels": torch.tensor([[IGNORED] * (len(prompt) - 1) + [*written, self.end_token()]]),
        }

    def pads(self) -> Mapping[str, Pad]:
        side = self.label_side
        ends = {name: Pad(side) for name in ("input_ids", "attention_mask")}  # type: ignore[arg-type]
        return {**super().pads(), **ends}

    def logits(self, model: Any, batch: Tensors) -> torch.Tensor:
        """For the last positions only, as far back as any transcript begins."""
        labels = batch["labels"]
        inputs = {name: tensor for name, tensor in batch.items() if name != "labels"}
        asked = (labels != IGNORED).any(dim=0).nonzero()
        first = int(asked[0]) if len(asked) else labels.shape[1] - 1
        mask = batch["attention_mask"]
        found: torch.Tensor = model(
            **inputs,
            position_ids=(mask.cumsum(dim=-1) - 1).clamp(min=0),
            logits_to_keep=labels.shape[1] - first,
            use_cache=False,
        ).logits
        return found
