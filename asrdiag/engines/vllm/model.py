"""A model loaded by vLLM, asked for stretches of audio."""

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ..transformers.checkpoint import Checkpoint
from ..transformers.families.base import Answer, Piece
from .prompts import WhisperPrompts, prompts_of

if TYPE_CHECKING:
    from .spec import VllmSpec


class VllmModel:
    """The part of the transformers engine's recogniser that a family fills there.

    Raises:
        UsageError: vllm is installed but cannot be imported, or the adapter cannot be found.
    """

    def __init__(self, spec: "VllmSpec") -> None:
        try:
            from vllm import LLM, SamplingParams
            from vllm.lora.request import LoRARequest
        except (ImportError, OSError) as error:
            raise UsageError(f"{spec.id}: vllm cannot be imported: {error}") from error
        self._spec, self._sampling = spec, SamplingParams
        self._lora = None
        if adapter := spec.adapter_checkpoint:
            self._lora = LoRARequest(lora_name="adapter", lora_int_id=1, lora_path=str(_folder_of(adapter)))
        self._llm = LLM(**engine_arguments(spec))
        tokenizer = self._llm.get_tokenizer()
        self._prompts = prompts_of(spec, lambda text: tokenizer.encode(text, add_special_tokens=False))

    def check(self, piece: Piece) -> None:
        """Make sure that the model knows the language it is told.

        Raises:
            SampleError: it does not; the message lists those it knows.
        """
        self._prompts.check(piece)

    def batch_key(self, piece: Piece) -> Hashable | None:
        """vLLM makes its own batches of whatever it is given."""
        return ""

    def transcribe(self, pieces: Sequence[Piece]) -> list[Answer]:
        """Answers in order."""
        named = self._with_languages(pieces)
        limits = [self._prompts.limit(piece) for piece in named]
        outputs = self._generate(
            [self._prompts.request(piece) for piece in named],
            [self._how(piece, limit) for piece, limit in zip(named, limits, strict=True)],
        )
        answers = []
        for piece, told, output in zip(pieces, named, outputs, strict=True):
            written = output.outputs[0]
            n_chosen = len(written.token_ids)
            ended = written.finish_reason == "stop"
            logprob = written.cumulative_logprob
            found = Answer(
                text=written.text,
                n_tokens=n_chosen - ended,  # the end marker is among them
                truncated=written.finish_reason == "length",
                mean_logprob=None if logprob is None or not n_chosen else round(logprob / n_chosen, 4),
                language=None if piece.language else told.language,
            )
            answers.append(self._prompts.answer(told, found))
        return answers

    def _how(self, piece: Piece, limit: int) -> Any:
        spec = self._spec
        drawn = spec.temperature > 0
        return self._sampling(
            temperature=spec.temperature,
            top_p=spec.top_p,
            repetition_penalty=spec.repetition_penalty,
            seed=seed_for(spec.seed, piece.key) if drawn else None,
            max_tokens=limit,
            logprobs=0,
        )

    def _with_languages(self, pieces: Sequence[Piece]) -> list[Piece]:
        """The pieces as the model is told of them: Whisper has to be asked for the language first."""
        prompts = self._prompts
        unknown = [piece for piece in pieces if piece.language is None]
        if not isinstance(prompts, WhisperPrompts) or not prompts.language_tokens or not unknown:
            return list(pieces)
        tags = {token: tag for tag, token in prompts.language_tokens.items()}
        how = self._sampling(temperature=0.0, max_tokens=1, allowed_token_ids=sorted(tags))
        outputs = self._generate([prompts.which_language(piece) for piece in unknown], [how] * len(unknown))
        heard = {
            piece.key: tags[output.outputs[0].token_ids[0]]
            for piece, output in zip(unknown, outputs, strict=True)
        }
        return [replace(piece, language=piece.language or heard[piece.key]) for piece in pieces]

    def _generate(self, requests: list[Any], how: list[Any]) -> list[Any]:
        adapters = None if self._lora is None else [self._lora] * len(requests)
        found: list[Any] = self._llm.generate(requests, how, use_tqdm=False, lora_request=adapters)
        return found


def engine_arguments(spec: "VllmSpec") -> dict[str, Any]:
    """Keyword arguments of `vllm.LLM` for a system.

    The number format is always named: left to itself vLLM runs float32 checkpoints in float16.
    """
    checkpoint = spec.checkpoint
    revision = None if checkpoint.folder else checkpoint.resolved("config.json")
    rank = spec.lora_rank()
    lora = {
        "enable_lora": True,
        "max_loras": 1,
        "max_lora_rank": rank,
        # Without it vLLM drops the adapter's layers in encoder and projector, with a line in its log.
        "enable_tower_connector_lora": True,
    }
    return {
        "model": checkpoint.repository,
        "revision": revision,
        "tokenizer_revision": revision,
        "dtype": spec.resolved_dtype(),
        "seed": spec.seed,
        "trust_remote_code": spec.trust_remote_code,
        "tensor_parallel_size": spec.tensor_parallel_size,
        "gpu_memory_utilization": spec.gpu_memory_utilization,
        "limit_mm_per_prompt": {"audio": 1},
        **({} if spec.max_model_len is None else {"max_model_len": spec.max_model_len}),
        **({} if rank is None else lora),
    }


def seed_for(seed: int, key: str) -> int:
    """A piece's own seed, so that what is drawn for it does not depend on its place in a batch.

    >>> seed_for(0, "a") != seed_for(0, "b") and seed_for(0, "a") == seed_for(0, "a")
    True
    """
    return int.from_bytes(hashlib.sha256(f"{seed}\0{key}".encode()).digest()[:6], "big")


def _folder_of(adapter: Checkpoint) -> Path:
    if adapter.folder is not None:
        return adapter.folder
    from huggingface_hub import snapshot_download

    inside = f"{adapter.subfolder}/*" if adapter.subfolder else "*"
    revision = adapter.resolved("adapter_config.json")
    return (
        Path(snapshot_download(adapter.repository, revision=revision, allow_patterns=[inside]))
        / adapter.subfolder
    )
