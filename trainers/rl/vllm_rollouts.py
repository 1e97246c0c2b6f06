"""Answers drawn by vLLM, in the process that trains, with the policy's weights of the moment."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from asrdiag.engines.devices import cuda_index
from asrdiag.engines.transformers.families.base import RATE_HZ
from asrdiag.engines.vllm.model import NEVER, engine_arguments
from asrdiag.engines.vllm.prompts import prompts_of
from asrdiag.engines.vllm.spec import VllmSpec
from asrdiag.errors import AsrdiagError, UsageError

from .policies import Policy, Sampling
from .policies.base import Prompt, until_end
from .policies.chat import ChatPolicy
from .schema import RlRecipe, VllmOptions

SERVED = ("qwen3-asr", "whisper")
"""Of the families that learn by reinforcement, those that vLLM serves."""


def open_vllm(recipe: RlRecipe, policy: Policy, device: str, n_processes: int) -> "VllmRollouts":
    """Load the policy's checkpoint into vLLM as well, on the GPU where the policy is.

    Raises:
        UsageError: vLLM does not serve the family, would not draw as the recipe says, or is not installed.
    """
    spec = _vllm_spec(recipe)
    name = policy.family.family.spec.facts().name
    if name not in SERVED:
        raise UsageError(
            f"sampling.engine: found vllm and a model of the family {name}, which vLLM does not serve; "
            f"expected transformers, or a model of the family {' or '.join(SERVED)}"
        )
    if isinstance(policy, ChatPolicy) and recipe.sampling.repetition_penalty != 1:
        raise UsageError(
            f"sampling.repetition_penalty: found {recipe.sampling.repetition_penalty:g}; vLLM counts the "
            f"prompt's tokens too, and in that of {name} the end marker is one of them: answers would end "
            "later; expected 1 with sampling.engine: vllm"
        )
    if reason := spec.unavailable():
        raise UsageError(f"sampling.engine: found vllm: {reason}")
    if n_processes > 1 or cuda_index(device) != 0:
        where = f"{n_processes} processes" if n_processes > 1 else f"the device {device}"
        raise UsageError(
            f"sampling.engine: found vllm and {where}, expected one process on the first GPU that it sees "
            "(CUDA_VISIBLE_DEVICES says which that is)"
        )
    return VllmRollouts(spec, policy)


class VllmRollouts:
    """vLLM's copy of a policy. It only draws: what is learnt from are the policy's own log-probabilities.

    TRL's `VLLMGeneration` in its mode `colocate` is the model for this. It adds the adapter to the weights
    and subtracts it again, which does not restore every bit; here the sum is a tensor of its own.

    Raises:
        UsageError: vllm is installed but cannot be imported.
    """

    def __init__(self, spec: VllmSpec, policy: Policy) -> None:
        # The engine in this process: weights are handed over as they are, and nothing outlives it.
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
        try:
            from vllm import LLM, SamplingParams
        except (ImportError, OSError) as error:
            raise UsageError(f"sampling.engine: vllm cannot be imported: {error}") from error
        self._policy, self._params, self._loaded = policy, SamplingParams, False
        self._llm = LLM(**engine_arguments(spec, None))
        tokenizer = self._llm.get_tokenizer()
        self._prompts = prompts_of(spec, lambda text: tokenizer.encode(text, add_special_tokens=False))

    def take_up(self) -> None:
        """Load the policy's weights of this moment: the first time all, later those that learn.

        What was computed with the old ones, and kept, is thrown away.
        """
        with torch.no_grad():
            weights = merged_weights(self._policy.model, all_of_them=not self._loaded)
            self._llm.apply_model(lambda model: model.load_weights(weights))
        self._loaded = True
        if not self._llm.reset_prefix_cache():
            raise AsrdiagError("vLLM kept what it had computed with older weights")
        self._llm.llm_engine.reset_encoder_cache()

    def answers(self, prompts: Sequence[Prompt], times: int, sampling: Sampling) -> list[list[list[int]]]:
        """As `Policy.answers`. Each clip has a seed of its own from torch's global random numbers.

        Raises:
            AsrdiagError: vLLM gave an answer up, or answered to other tokens than the policy is given.
        """
        seeds = torch.randint(2**62, (len(prompts),)).tolist()
        outputs = self._llm.generate(
            [self._request(prompt) for prompt in prompts],
            [self._how(prompt, times, sampling, seed) for prompt, seed in zip(prompts, seeds, strict=True)],
            use_tqdm=False,
        )
        return [self._checked(prompt, output) for prompt, output in zip(prompts, outputs, strict=True)]

    def _request(self, prompt: Prompt) -> Any:
        if not prompt.prefix:
            return self._prompts.request(prompt.piece)
        return {
            "encoder_prompt": {"prompt": "", "multi_modal_data": {"audio": (prompt.piece.samples, RATE_HZ)}},
            "decoder_prompt": {"prompt_token_ids": list(prompt.prefix)},
        }

    def _how(self, prompt: Prompt, times: int, sampling: Sampling, seed: int) -> Any:
        ends = self._policy.end_tokens()
        config = self._policy.model.generation_config
        return self._params(
            n=times,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            repetition_penalty=sampling.repetition_penalty,
            seed=seed,
            max_tokens=self._policy.limit(sampling, len(prompt.prefix)),
            # The policy's end markers, and no others that vLLM finds in the checkpoint.
            ignore_eos=True,
            stop_token_ids=list(ends),
            # The one way to forbid anything as the first token alone.
            min_tokens=int(not {*ends}.isdisjoint(config.begin_suppress_tokens or ())),
            logit_bias={token: NEVER for token in self._policy.suppressed() if token >= 0} or None,
            detokenize=False,
        )

    def _checked(self, prompt: Prompt, output: Any) -> list[list[int]]:
        given = list(prompt.prefix) or prompt.inputs["input_ids"][0].tolist()
        if (read := list(output.prompt_token_ids)) != given:
            raise AsrdiagError(f"{prompt.piece.key}: vLLM answered to the tokens {read}, expected {given}")
        for each in output.outputs:
            if each.finish_reason not in ("stop", "length"):
                raise AsrdiagError(f"{prompt.piece.key}: vLLM ended an answer with {each.finish_reason!r}")
        ends = self._policy.end_tokens()
        return [until_end(list(each.token_ids), ends) for each in output.outputs]


def merged_weights(model: Any, *, all_of_them: bool) -> Iterator[tuple[str, torch.Tensor]]:
    """A model's weights under its checkpoint's names, one after the other; nothing of the model is changed.

    Args:
        model: with peft's layers in it.
        all_of_them: also those that no adapter changes.

    Yields:
        Those of adapted layers as W + B A s, computed in float32, in the number format of W.
    """
    from peft.tuners.tuners_utils import BaseTunerLayer

    modules = model.named_modules()
    adapted: dict[str, Any] = {name: each for name, each in modules if isinstance(each, BaseTunerLayer)}
    for name, layer in adapted.items():
        weight = layer.get_base_layer().weight
        changed = weight.float()
        for adapter in layer.active_adapters:
            changed = changed + layer.get_delta_weight(adapter).float()
        yield f"{name}.weight", changed.to(weight.dtype)
    if not all_of_them:
        return
    for name, weight in model.named_parameters():
        owner, _, last = name.rpartition(".")
        if not any(name.startswith(f"{each}.") for each in adapted):
            yield name, weight
        elif owner.endswith(".base_layer") and last != "weight":
            yield f"{owner.removesuffix('.base_layer')}.{last}", weight


def _vllm_spec(recipe: RlRecipe) -> VllmSpec:
    options = recipe.sampling.vllm or VllmOptions()
    return VllmSpec(
        id=recipe.name,
        engine="vllm",
        model=recipe.model.checkpoint,
        revision=recipe.model.revision,
        family=recipe.model.family,
        dtype=recipe.model.dtype,
        language=recipe.model.language,
        prompt=recipe.model.prompt,
        seed=recipe.seed,
        gpu_memory_utilization=options.gpu_memory_utilization,
        max_model_len=options.max_model_len,
    )
