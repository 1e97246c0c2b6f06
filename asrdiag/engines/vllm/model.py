"""A model loaded by vLLM, asked for stretches of audio."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ..transformers.families.base import Answer, Piece
from ..transformers.piece_rules import seed_for
from .lora import Lora, lora_of
from .prompts import WhisperPrompts, prompts_of

if TYPE_CHECKING:
    from .spec import VllmSpec

NEVER = -100.0
"""The lowest bias that vLLM adds to a token's score; others lie within some thirty of each other."""
AUDIO_TOKENS_PER_S = 13
"""Of Qwen3-ASR."""
ROOM_FOR_AUDIO = 8192
"""Tokens of one stretch of audio that vLLM has room for on every GPU, unless it is told otherwise."""


class VllmModel:
    """The part of the transformers engine's recogniser that a family fills there.

    Raises:
        UsageError: vllm is installed but cannot be imported, or the adapter cannot be used.
    """

    def __init__(self, spec: "VllmSpec") -> None:
        try:
            from vllm import LLM, SamplingParams
            from vllm.lora.request import LoRARequest
        except (ImportError, OSError) as error:
            raise UsageError(f"{spec.id}: vllm cannot be imported: {error}") from error
        self._spec, self._sampling = spec, SamplingParams
        adapter = spec.adapter_checkpoint
        lora = None if adapter is None else lora_of(adapter)
        self._lora = None
        if lora is not None:
            self._lora = LoRARequest(lora_name="adapter", lora_int_id=1, lora_path=str(lora.folder))
        self._llm = LLM(**engine_arguments(spec, lora))
        self._tokenizer = self._llm.get_tokenizer()
        self._prompts = prompts_of(spec, lambda text: self._tokenizer.encode(text, add_special_tokens=False))
        if isinstance(self._prompts, WhisperPrompts):
            # Otherwise <|startoftranscript|> is put before every prefix that begins with <|startofprev|>.
            self._llm.renderer.get_mm_processor().skip_decoder_start_token = True
        self._bias = dict.fromkeys(self._prompts.suppressed(), NEVER) or None

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
        """Answers in order.

        Raises:
            RuntimeError: vLLM gave one up, or decoded after another prefix than it was given.
        """
        named = self._with_languages(pieces)
        limits = [self._prompts.limit(piece) for piece in named]
        outputs = self._generate(
            [self._prompts.request(piece) for piece in named],
            [self._how(piece, limit) for piece, limit in zip(named, limits, strict=True)],
            [piece.adapted for piece in named],
        )
        answers = []
        for piece, told, output in zip(pieces, named, outputs, strict=True):
            written = output.outputs[0]
            if written.finish_reason not in ("stop", "length"):
                raise RuntimeError(f"vLLM ended a request with {written.finish_reason!r}")
            chosen, logprob = list(written.token_ids), written.cumulative_logprob
            ended = written.finish_reason == "stop"
            tokens = chosen[:-1] if ended else chosen  # the end marker is among them
            found = Answer(
                # As the transformers engine does: vLLM's own text has Whisper's timestamps in it.
                text=self._tokenizer.decode(tokens, skip_special_tokens=True),
                n_tokens=len(tokens),
                truncated=not ended,
                mean_logprob=None if logprob is None or not chosen else round(logprob / len(chosen), 4),
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
            logit_bias=self._bias,
            logprobs=0,
            detokenize=False,
        )

    def _with_languages(self, pieces: Sequence[Piece]) -> list[Piece]:
        """The pieces as the model is told of them: Whisper has to be asked for the language first."""
        prompts = self._prompts
        unknown = [piece for piece in pieces if piece.language is None]
        if not isinstance(prompts, WhisperPrompts) or not prompts.language_tokens or not unknown:
            return list(pieces)
        tags = {token: tag for tag, token in prompts.language_tokens.items()}
        how = self._sampling(temperature=0.0, max_tokens=1, allowed_token_ids=sorted(tags), detokenize=False)
        outputs = self._generate(
            [prompts.which_language(piece) for piece in unknown],
            [how] * len(unknown),
            [piece.adapted for piece in unknown],
        )
        heard = {
            piece.key: tags[output.outputs[0].token_ids[0]]
            for piece, output in zip(unknown, outputs, strict=True)
        }
        return [replace(piece, language=piece.language or heard[piece.key]) for piece in pieces]

    def _generate(self, requests: list[Any], how: list[Any], adapted: list[bool]) -> list[Any]:
        adapters = None if self._lora is None else [self._lora if use else None for use in adapted]
        found: list[Any] = self._llm.generate(requests, how, use_tqdm=False, lora_request=adapters)
        for request, output in zip(requests, found, strict=True):
            prefix = request.get("decoder_prompt", {}).get("prompt_token_ids")
            if prefix is not None and list(output.prompt_token_ids) != prefix:
                decoded = list(output.prompt_token_ids)
                raise RuntimeError(f"vLLM decoded after the tokens {decoded}, and was given {prefix}")
        return found


def engine_arguments(spec: "VllmSpec", lora: Lora | None) -> dict[str, Any]:
    """Keyword arguments of `vllm.LLM` for a system.

    The number format is always named: left to itself vLLM runs float32 checkpoints in float16.
    """
    checkpoint, family, code = spec.checkpoint, spec.facts(), spec.code_elsewhere()
    revision = None if checkpoint.folder else checkpoint.resolved("config.json")
    further: dict[str, Any] = {}
    if family.name == "qwen2.5-omni":
        further["limit_mm_per_prompt"] = {"audio": 1, "image": 0, "video": 0}  # no memory is kept for these
    if spec.tensor_parallel_size > 1:
        further["distributed_executor_backend"] = "mp"  # inside a Ray actor it might choose Ray
    if code is not None:
        further["code_revision"] = code.revision
    if spec.max_model_len is not None:
        further["max_model_len"] = spec.max_model_len
    longest = math.ceil(AUDIO_TOKENS_PER_S * (spec.longest_s(family) or 0))
    if family.name == "qwen3-asr" and longest > ROOM_FOR_AUDIO:
        further["max_num_batched_tokens"] = 1024 * math.ceil(longest / 1024)
    if lora is not None:
        further |= {
            "enable_lora": True,
            "max_loras": 1,
            "max_lora_rank": lora.rank,
            "lora_target_modules": list(lora.layers),
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
        **further,
    }
