"""What vLLM is sent for a stretch of audio, and how its answer is read: one class a family.

The prompts are those that the transformers engine's processors make, to the byte.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from ..transformers.checkpoint_spec import CheckpointSpec
from ..transformers.families.base import RATE_HZ, Answer, Piece
from ..transformers.families.chat import conversation
from ..transformers.families.qwen3_asr_text import parse
from ..transformers.piece_rules import most_tokens, most_tokens_of_whisper, require_known

Request: TypeAlias = Mapping[str, Any]
"""A prompt as `vllm.LLM.generate` takes it."""
Encode: TypeAlias = Callable[[str], Sequence[int]]
"""Text with special tokens in it to the model's tokens, none added."""

_QWEN3_SHORTEST = RATE_HZ // 2
"""Samples; transformers fills up what is shorter, so the same is done here."""


class Prompts(ABC):
    """Requests and answers of one family."""

    def __init__(self, spec: CheckpointSpec, encode: Encode) -> None:
        self.spec, self._encode = spec, encode

    @abstractmethod
    def request(self, piece: Piece) -> Request:
        """What is sent for a piece."""

    @abstractmethod
    def suppressed(self) -> Collection[int]:
        """The tokens that are never to be chosen."""

    def check(self, piece: Piece) -> None:
        """Make sure that the model knows the language it is told.

        Raises:
            SampleError: it does not; the message lists those it knows.
        """
        require_known(piece.language, self.languages(), self.spec.id)

    def languages(self) -> Collection[str] | None:
        """The tags that it can be told; `None`: it is not told, or takes any."""
        return None

    def limit(self, piece: Piece) -> int:
        """The most tokens that a piece may have."""
        return most_tokens(self.spec.max_new_tokens, piece.duration_s)

    def answer(self, piece: Piece, answer: Answer) -> Answer:
        """The answer, with what the model wrote taken apart."""
        return replace(answer, text=answer.text.strip())


class Qwen3AsrPrompts(Prompts):
    """The prompt is context for the system turn, there even if empty; a language is written ahead."""

    def languages(self) -> Mapping[str, str]:
        from transformers.models.qwen3_asr.processing_qwen3_asr import LANGUAGE_CODE_TO_NAME

        names: Mapping[str, str] = LANGUAGE_CODE_TO_NAME
        return names

    def request(self, piece: Piece) -> Request:
        forced = f"language {self.languages()[piece.language]}<asr_text>" if piece.language else ""
        lacking = max(0, _QWEN3_SHORTEST - len(piece.samples))
        return {
            "prompt": f"<|im_start|>system\n{piece.prompt or ''}<|im_end|>\n"
            "<|im_start|>user\n<|audio_start|><|audio_pad|><|audio_end|><|im_end|>\n"
            f"<|im_start|>assistant\n{forced}",
            "multi_modal_data": {"audio": (np.pad(piece.samples, (0, lacking)), RATE_HZ)},
        }

    def suppressed(self) -> Collection[int]:
        """The token that stands for a frame of audio."""
        return self._encode("<|audio_pad|>")

    def answer(self, piece: Piece, answer: Answer) -> Answer:
        parsed = parse(answer.text)
        raw = None if answer.text == parsed.text else answer.text
        return replace(answer, text=parsed.text, language=parsed.language, raw=raw)


class Qwen25OmniPrompts(Prompts):
    """The turns that the transformers engine makes, through the checkpoint's own chat template."""

    def __init__(self, spec: CheckpointSpec, encode: Encode) -> None:
        super().__init__(spec, encode)
        from transformers import AutoProcessor

        checkpoint = spec.checkpoint
        untyped: Any = AutoProcessor
        self._processor = untyped.from_pretrained(
            checkpoint.repository,
            revision=None if checkpoint.folder else checkpoint.resolved("config.json"),
            trust_remote_code=spec.trust_remote_code,
        )

    def request(self, piece: Piece) -> Request:
        turns = conversation(self.spec.system_prompt, piece)
        text = self._processor.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        return {"prompt": text, "multi_modal_data": {"audio": (piece.samples, RATE_HZ)}}

    def suppressed(self) -> Collection[int]:
        """The token that stands for a frame of audio."""
        return self._encode(self._processor.audio_token)


class WhisperPrompts(Prompts):
    """A prefix for the decoder: earlier text, if any, then language and task; no timestamps."""

    def __init__(self, spec: CheckpointSpec, encode: Encode) -> None:
        super().__init__(spec, encode)
        generation = spec.checkpoint.read("generation_config.json")
        known = generation.get("lang_to_id") if generation.get("is_multilingual", True) else None
        self.language_tokens = {token.strip("<|>"): int(number) for token, number in (known or {}).items()}
        """Token by tag; none if the model knows English only."""
        self._suppressed = [
            int(token) for token in generation.get("suppress_tokens") or () if int(token) >= 0
        ]
        self._positions = int(spec.checkpoint.read("config.json")["max_target_positions"])

    def languages(self) -> Collection[str]:
        return self.language_tokens or ("en",)

    def request(self, piece: Piece) -> Request:
        task = f"<|{piece.language}|><|transcribe|>" if self.language_tokens else ""
        return self._sent(piece, f"{_before(piece)}<|startoftranscript|>{task}<|notimestamps|>")

    def which_language(self, piece: Piece) -> Request:
        """What is sent to learn the language: its first token is one."""
        return self._sent(piece, "<|startoftranscript|>")

    def suppressed(self) -> Collection[int]:
        """What the checkpoint's `generation_config.json` says: symbols and the like."""
        return self._suppressed

    def limit(self, piece: Piece) -> int:
        """The most tokens of a window."""
        prompt_tokens = len(self._encode(_before(piece))) if piece.prompt else 0
        return most_tokens_of_whisper(self.spec.max_new_tokens, self._positions, prompt_tokens)

    def _sent(self, piece: Piece, prefix: str) -> Request:
        return {
            "encoder_prompt": {"prompt": "", "multi_modal_data": {"audio": (piece.samples, RATE_HZ)}},
            "decoder_prompt": {"prompt_token_ids": list(self._encode(prefix))},
        }


def prompts_of(spec: CheckpointSpec, encode: Encode) -> Prompts:
    """The prompts of a system's family."""
    kinds: Mapping[str, type[Prompts]] = {
        "qwen3-asr": Qwen3AsrPrompts,
        "qwen2.5-omni": Qwen25OmniPrompts,
        "whisper": WhisperPrompts,
    }
    return kinds[spec.facts().name](spec, encode)


def _before(piece: Piece) -> str:
    return f"<|startofprev|> {piece.prompt.strip()}" if piece.prompt else ""
