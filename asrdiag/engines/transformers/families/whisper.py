"""Whisper (Radford et al. 2022): windows of 30 s, a prefix of language and task, sequential long-form."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from ..piece_rules import most_tokens_of_whisper
from ..words import one_after_the_other, words_of
from .base import RATE_HZ, Answer, Piece
from .generative import Generative, Row


class Whisper(Generative):
    """Every piece fills the same window, so a batch has no padding of its own.

    Longer audio goes through Whisper's sequential algorithm: each window begins where the timestamps of the
    one before it ended. Such a piece is decoded alone, and so is every piece when words are timed: the
    alignment normalises over the tokens of the longest row.
    """

    @classmethod
    def model_class(cls, config: Mapping[str, Any]) -> Any:
        from transformers import WhisperForConditionalGeneration

        return WhisperForConditionalGeneration

    def prepare(self, piece: Piece) -> dict[str, torch.Tensor]:
        whole = {"truncation": False, "padding": "longest"} if self._is_long(piece) else {}
        found = self.processor.feature_extractor(
            piece.samples,
            sampling_rate=RATE_HZ,
            return_tensors="pt",
            return_attention_mask=True,
            device=str(self.loaded.device),
            **whole,
        )
        return {"input_features": found["input_features"], "attention_mask": found["attention_mask"]}

    def batch_key(self, piece: Piece) -> Hashable | None:
        if super().batch_key(piece) is None or self._is_long(piece) or self.spec.timestamps == "words":
            return None
        return piece.prompt or ""

    def limit(self, piece: Piece) -> int:
        """The most tokens of a window."""
        prompt_tokens = len(self._prompt_ids(piece.prompt)) if piece.prompt else 0
        positions = int(self.model.config.max_target_positions)
        return most_tokens_of_whisper(self.spec.max_new_tokens, positions, prompt_tokens)

    def transcribe(self, pieces: Sequence[Piece]) -> list[Answer]:
        batch = self.batch(pieces)
        languages = self._languages(pieces, batch)
        windows = 0

        def count(_: torch.Tensor) -> None:
            nonlocal windows
            windows += 1

        further: dict[str, Any] = {"monitor_progress": count}
        if languages is not None:
            tokens = [f"<|{language}|>" for language in languages]
            further |= {"language": tokens, "task": "transcribe"}
        if pieces[0].prompt:
            further["prompt_ids"] = self._prompt_ids(pieces[0].prompt).to(self.loaded.device)
        if self._is_long(pieces[0]):
            # A checkpoint may ask for the other: a window that loops would then be the next one's prompt.
            further |= {"return_timestamps": True, "condition_on_prev_tokens": False}
        else:
            # A stray timestamp token would otherwise start a second window over the same audio.
            further["force_unique_generate_call"] = True
        if self.spec.timestamps == "words":
            further |= {"return_token_timestamps": True, "return_segments": self._is_long(pieces[0])}
        rows = self.generate(pieces, batch, **further)
        # What it was told says nothing of what it heard.
        heard: Sequence[str | None] = [None] * len(rows)
        if languages is not None and pieces[0].language is None:
            heard = languages
        return [
            replace(self.answer(piece, row), language=language, n_windows=windows)
            for piece, row, language in zip(pieces, rows, heard, strict=True)
        ]

    def unpack(self, found: Any) -> tuple[list[list[int]], list[list[float]] | None]:
        """As `Generative.unpack`; of long audio only the segments have times that count from its start."""
        if isinstance(found, torch.Tensor):
            return found.tolist(), None
        if "segments" not in found:
            times = found.get("token_timestamps")
            return found["sequences"].tolist(), None if times is None else times.tolist()
        segments = found["segments"]
        tokens = [[token for one in row for token in one["tokens"].tolist()] for row in segments]
        ends_s = [[end for one in row for end in one["token_timestamps"].tolist()] for row in segments]
        return tokens, ends_s

    def first_new(self, row: list[int], batch: dict[str, torch.Tensor]) -> int:
        """After the prefix, which ends with <|notimestamps|>; long-form gives no prefix back."""
        last = getattr(self.model.generation_config, "no_timestamps_token_id", None)
        return row.index(last) + 1 if last in row else 0

    def answer(self, piece: Piece, row: Row) -> Answer:
        tokenizer = self.processor.tokenizer
        text = tokenizer.decode(row.tokens, skip_special_tokens=True).strip()
        words = None
        if row.ends_s is not None:
            spoken = [
                (token, end)
                for token, end in zip(row.tokens, row.ends_s, strict=False)  # the end marker has a time too
                if token < tokenizer.eos_token_id  # special tokens and timestamps come after it
            ]
            times_s = one_after_the_other([end for _, end in spoken])
            words = words_of(tokenizer.decode, [token for token, _ in spoken], times_s)
        return Answer(text, len(row.tokens), row.truncated, row.mean_logprob, words=words)

    def _is_long(self, piece: Piece) -> bool:
        return len(piece.samples) > int(self.processor.feature_extractor.n_samples)

    def _prompt_ids(self, prompt: str) -> torch.Tensor:
        ids: torch.Tensor = self.processor.get_prompt_ids(prompt, return_tensors="pt")
        return ids

    def languages(self) -> Collection[str] | None:
        """Those of its generation config; without any it is a model for English."""
        return self._tags() or ("en",)

    def _tags(self) -> dict[str, int]:
        """Language tags with their tokens; empty for a model that knows English only."""
        config = self.model.generation_config
        tokens = getattr(config, "lang_to_id", None) if getattr(config, "is_multilingual", True) else None
        return {token.strip("<|>"): number for token, number in (tokens or {}).items()}

    def _languages(self, pieces: Sequence[Piece], batch: dict[str, torch.Tensor]) -> list[str] | None:
        """What each piece is decoded as; `None`: the model knows one language only."""
        tags = self._tags()
        if not tags:
            return None
        told = [piece.language for piece in pieces if piece.language is not None]
        if told:  # the system tells it for all or for none
            return told
        with torch.inference_mode():
            numbers = self.model.detect_language(
                batch["input_features"], num_segment_frames=2 * int(self.model.config.max_source_positions)
            ).tolist()
        names = {number: tag for tag, number in tags.items()}
        return [names[number] for number in numbers]
