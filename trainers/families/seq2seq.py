"""Models with a decoder of their own: what it is given stands apart from what it hears."""

from collections.abc import Mapping
from typing import Any

import torch

from asrdiag.engines.transformers.families.base import Pad, Piece
from asrdiag.errors import SampleError

from .base import IGNORED, Tensors, TrainedFamily


class Seq2Seq(TrainedFamily):
    """The decoder is given its prefix and then the transcript, each token after the place that asks for it.

    Padding of what it is given needs no mask: it comes last, and the decoder looks back only.
    """

    def prefix(self, piece: Piece, language: str) -> list[int]:
        """What the decoder is given before it writes, the start token included."""
        return [int(self.family.model.config.decoder_start_token_id)]

    def positions(self) -> int:
        """The most tokens that the decoder can be given."""
        return int(self.family.model.config.max_position_embeddings)

    def spoken(self, text: str) -> list[int]:
        """The tokens of a transcript, as the model writes it."""
        return self.tokens(text.strip())

    def end_token(self) -> int:
        """What ends a transcript."""
        end = self.family.model.generation_config.eos_token_id
        return int(end[0] if isinstance(end, list) else end)

    def written(self, piece: Piece, language: str, text: str) -> list[int]:
        tokens = self.spoken(text)
        most = self.positions() - len(self.prefix(piece, language))
        if len(tokens) > most:
            raise SampleError(
                f"found a transcript of {len(tokens)} tokens, expected at most {most}: the decoder has no "
                "positions for more"
            )
        return tokens

    def example(self, piece: Piece, language: str, text: str) -> Tensors:
        tokens, prefix = self.written(piece, language, text), self.prefix(piece, language)
        labels = [IGNORED] * (len(prefix) - 1) + [*tokens, self.end_token()]
        return {
            **self.inputs(piece),
            "decoder_input_ids": torch.tensor([[*prefix, *tokens]]),
            "labels": torch.tensor([labels]),
        }

    def pads(self) -> Mapping[str, Pad]:
        return {**super().pads(), "decoder_input_ids": Pad(value=self.end_token())}

    def logits(self, model: Any, batch: Tensors) -> torch.Tensor:
        inputs = {name: tensor for name, tensor in batch.items() if name != "labels"}
        found: torch.Tensor = model(**inputs, use_cache=False).logits
        return found
