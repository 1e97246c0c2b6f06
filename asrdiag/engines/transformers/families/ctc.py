"""CTC models that read the waveform: wav2vec 2.0 and its kin. Greedy, without a language model."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

import torch

from .base import RATE_HZ, Answer, Family, Pad, Piece, Word

MASKED_EXACTLY = frozenset({"hubert", "unispeech", "unispeech-sat", "wav2vec2", "wavlm"})
"""Those whose encoder hides padding completely, if its convolutions normalise each frame by itself."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What turns waveforms into inputs and token ids into text."""

    features: Any
    tokenizer: Any


class Ctc(Family):
    """Models that look past a clip's end, or normalise over all of it, get batches of one length only."""

    pads: ClassVar[Mapping[str, Pad]] = {"input_values": Pad(), "attention_mask": Pad()}

    @classmethod
    def model_class(cls, config: Mapping[str, Any]) -> Any:
        from transformers import AutoModelForCTC

        return AutoModelForCTC

    @classmethod
    def open_processor(cls, repository: str, pinned: Mapping[str, Any]) -> Any:
        """Front end and tokenizer one by one: a bundled n-gram language model is not used."""
        from transformers import AutoFeatureExtractor, AutoTokenizer

        features: Any = AutoFeatureExtractor
        tokenizer: Any = AutoTokenizer
        return Reading(
            features.from_pretrained(repository, **pinned), tokenizer.from_pretrained(repository, **pinned)
        )

    def batch_key(self, piece: Piece) -> Hashable | None:
        config = self.model.config
        by_frame = getattr(config, "feat_extract_norm", "") == "layer"
        return "" if by_frame and config.model_type in MASKED_EXACTLY else len(piece.samples)

    def prepare(self, piece: Piece) -> dict[str, torch.Tensor]:
        found = self.processor.features(
            piece.samples, sampling_rate=RATE_HZ, return_tensors="pt", return_attention_mask=True
        )
        names = ("input_values", "input_features", "attention_mask")
        return {name: found[name] for name in names if name in found}

    def transcribe(self, pieces: Sequence[Piece]) -> list[Answer]:
        batch = self.batch(pieces)
        if isinstance(self.batch_key(pieces[0]), int):
            batch.pop("attention_mask", None)  # nothing is padded, and some of these were trained without one
        with torch.inference_mode():
            chosen = self.model(**batch).logits.argmax(dim=-1)
        return [self._answer(piece, row) for piece, row in zip(pieces, chosen.tolist(), strict=True)]

    def _answer(self, piece: Piece, frames: list[int]) -> Answer:
        if self.batch_key(piece) == "":
            frames = frames[: int(self.model._get_feat_extract_output_lengths(len(piece.samples)))]
        tokenizer = self.processor.tokenizer
        n_tokens = sum(token != tokenizer.pad_token_id for token, _ in groupby(frames))
        words = None
        if self.spec.timestamps == "words":
            decoded = tokenizer.decode(frames, output_word_offsets=True)
            frame_s = piece.duration_s / max(len(frames), 1)
            words = tuple(
                Word(
                    word["word"],
                    round(float(word["start_offset"]) * frame_s, 3),
                    round(float(word["end_offset"]) * frame_s, 3),
                )
                for word in decoded["word_offsets"]
            )
        return Answer(tokenizer.decode(frames).strip(), n_tokens, words=words)
