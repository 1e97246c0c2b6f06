"""What all families share that write token by token."""

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import LogitsProcessorList, StoppingCriteriaList

from ..decoding import Draw, Limits, Scores
from ..piece_rules import most_tokens
from .base import Answer, Family, Piece


@dataclass(frozen=True, slots=True)
class Row:
    """What one piece was decoded to: its new tokens, up to and without the end marker."""

    tokens: list[int]
    truncated: bool
    mean_logprob: float | None
    ends_s: list[float] | None = None
    """When each token ended, where the model's `generate` says so."""


class Generative(Family):
    """A family whose model has a `generate` that takes logits processors and stopping criteria."""

    def limit(self, piece: Piece) -> int:
        """The most tokens that a piece may have."""
        return most_tokens(self.spec.max_new_tokens, piece.duration_s)

    def batch_key(self, piece: Piece) -> Hashable | None:
        """Beams have rows of their own in the batch, which no limit by row fits: they are searched alone."""
        return None if self.spec.beams > 1 else ""

    def transcribe(self, pieces: Sequence[Piece]) -> list[Answer]:
        batch = self.batch(pieces)
        rows = self.generate(pieces, batch)
        return [self.answer(piece, row) for piece, row in zip(pieces, rows, strict=True)]

    def unpack(self, found: Any) -> tuple[list[list[int]], list[list[float]] | None]:
        """Token ids of each row, and where the model's `generate` says so, when each one ended (seconds)."""
        return (found if isinstance(found, torch.Tensor) else found["sequences"]).tolist(), None

    def first_new(self, row: list[int], batch: dict[str, torch.Tensor]) -> int:
        """Where in a row of what `generate` returns the new tokens begin."""
        given = batch.get("decoder_input_ids", batch.get("input_ids"))
        return 1 if given is None else given.shape[1]

    @abstractmethod
    def answer(self, piece: Piece, row: Row) -> Answer:
        """Tokens into text."""

    def end_tokens(self) -> list[int]:
        """The tokens that end a transcript, padding among them."""
        config = self.model.generation_config
        ends = config.eos_token_id if isinstance(config.eos_token_id, list) else [config.eos_token_id]
        return sorted({token for token in (*ends, config.pad_token_id) if token is not None})

    def generate(self, pieces: Sequence[Piece], batch: dict[str, torch.Tensor], **further: Any) -> list[Row]:
        """Decode a batch as the system says.

        Args:
            further: for the model's `generate`.
        """
        limits = [self.limit(piece) for piece in pieces]
        ends = self.end_tokens()
        options: dict[str, Any] = {"num_beams": self.spec.beams}
        scores = Scores()
        stop = Limits(limits, ends, scores)
        if self.spec.beams == 1:
            processors = LogitsProcessorList([scores])
            if self.spec.temperature > 0:
                keys = [piece.key for piece in pieces]
                processors.append(Draw(self.spec.temperature, self.spec.top_p, self.spec.seed, keys))
            options |= {"logits_processor": processors, "stopping_criteria": StoppingCriteriaList([stop])}
        with torch.inference_mode():
            # The checkpoint's own sampling defaults are unset: what is not in the suite must not be drawn.
            found = self.model.generate(
                **batch,
                **options,
                **further,
                max_new_tokens=max(limits),
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
            )
        sequences, times = self.unpack(found)
        truncated, logprobs = stop.truncated(), stop.mean_logprobs()
        rows = []
        for index, row in enumerate(sequences):
            first = self.first_new(row, batch)
            tokens = _cut(row[first:], ends)
            ends_s = None if times is None else times[index][first:]
            if self.spec.beams > 1:
                rows.append(Row(tokens, len(tokens) >= limits[index], None, ends_s))
            else:
                rows.append(Row(tokens, truncated[index], logprobs[index], ends_s))
        return rows


def _cut(tokens: list[int], ends: Sequence[int]) -> list[int]:
    first = next((place for place, token in enumerate(tokens) if token in ends), len(tokens))
    return tokens[:first]
