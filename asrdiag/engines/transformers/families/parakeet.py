"""NVIDIA Parakeet: a FastConformer with a CTC, TDT or RNN-T head."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, ClassVar

import torch
from transformers import StoppingCriteriaList

from ..decoding import Limits, Scores
from ..words import words_of
from .base import RATE_HZ, Answer, Family, Pad, Piece


class _Parakeet(Family):
    pads: ClassVar[Mapping[str, Pad]] = {"input_features": Pad(axis=1), "attention_mask": Pad(axis=1)}

    def prepare(self, piece: Piece) -> dict[str, torch.Tensor]:
        found = self.processor.feature_extractor(piece.samples, sampling_rate=RATE_HZ, return_tensors="pt")
        return {"input_features": found["input_features"], "attention_mask": found["attention_mask"]}

    def n_frames(self, piece: Piece) -> int:
        """How many frames the encoder makes of a piece."""
        hop = int(self.processor.feature_extractor.hop_length)
        return int(self.model._get_subsampling_output_length(torch.tensor([len(piece.samples) // hop])))

    def read(self, piece: Piece, tokens: list[int], frames: list[tuple[int, int]], truncated: bool) -> Answer:
        """The answer for some tokens, each from one frame to before another."""
        tokenizer, words = self.processor.tokenizer, None
        text = tokenizer.decode(tokens, group_tokens=False, skip_special_tokens=True).strip()
        if self.spec.timestamps == "words":
            frame_s = piece.duration_s / self.n_frames(piece)
            timed = [
                (token, (start * frame_s, min(end * frame_s, piece.duration_s)))
                for token, (start, end) in zip(tokens, frames, strict=True)
                if token not in tokenizer.all_special_ids  # such as the unknown one
            ]
            words = words_of(self._spelled, [token for token, _ in timed], [times for _, times in timed])
        return Answer(text, len(tokens), truncated, words=words)

    def _spelled(self, tokens: list[int]) -> str:
        """Tokens to text with their leading spaces, which `decode` strips from the first of them."""
        pieces = self.processor.tokenizer.convert_ids_to_tokens(tokens)
        return "".join(pieces).replace("\u2581", " ")


class ParakeetCtc(_Parakeet):
    """The likeliest token of each frame, repetitions and blanks taken out."""

    @classmethod
    def model_class(cls, config: Mapping[str, Any]) -> Any:
        from transformers import ParakeetForCTC

        return ParakeetForCTC

    def transcribe(self, pieces: Sequence[Piece]) -> list[Answer]:
        with torch.inference_mode():
            found = self.model.generate(**self.batch(pieces))
        blank = self.model.config.pad_token_id
        answers = []
        for piece, row in zip(pieces, found.tolist(), strict=True):
            tokens, frames, end = [], [], 0
            for token, run in groupby(row[: self.n_frames(piece)]):
                start, end = end, end + len(list(run))
                if token != blank:
                    tokens.append(token)
                    frames.append((start, end))
            answers.append(self.read(piece, tokens, frames, truncated=False))
        return answers


class ParakeetTransducer(_Parakeet):
    """Greedy search over tokens and, for TDT, how many frames each one lasts (Xu et al. 2023)."""

    @classmethod
    def model_class(cls, config: Mapping[str, Any]) -> Any:
        from transformers import ParakeetForRNNT, ParakeetForTDT

        return ParakeetForTDT if config["model_type"] == "parakeet_tdt" else ParakeetForRNNT

    def transcribe(self, pieces: Sequence[Piece]) -> list[Answer]:
        config = self.model.config
        limits = [int(self.model.max_symbols_per_step) * self.n_frames(piece) for piece in pieces]
        stop = Limits(limits, [], Scores())
        # The scores of durations stand behind those of tokens, and are not tokens.
        durations = list(range(config.vocab_size, config.vocab_size + len(getattr(config, "durations", ()))))
        with torch.inference_mode():
            found = self.model.generate(
                **self.batch(pieces),
                max_new_tokens=max(limits),
                stopping_criteria=StoppingCriteriaList([stop]),
                suppress_tokens=durations or None,
            )
        return [
            # Past its own limit a row only waits for the others.
            self._answer(piece, row[1 : 1 + limit], lasted[1 : 1 + limit], config.blank_token_id)
            for piece, row, lasted, limit in zip(
                pieces, found.sequences.tolist(), found.durations.tolist(), limits, strict=True
            )
        ]

    def _answer(self, piece: Piece, row: list[int], lasted: list[int], blank: int) -> Answer:
        tokens: list[int] = []
        frames: list[tuple[int, int]] = []
        frame = 0
        for token, n_frames in zip(row, lasted, strict=True):
            if frame >= self.n_frames(piece):
                break
            if token not in (blank, self.processor.tokenizer.pad_token_id):
                # Some last no time, and the next is in the same frame; each is given one at least.
                start = max(frame, frames[-1][1]) if frames else frame
                frames.append((start, max(start, frame + max(n_frames, 1))))
                tokens.append(token)
            frame += n_frames
        return self.read(piece, tokens, frames, truncated=frame < self.n_frames(piece))
