"""A recipe as a command line of ms-swift, with our reward."""

import inspect
import json
import shlex
from pathlib import Path

from asrdiag.errors import UsageError
from asrdiag.metrics.rewards.swift import NAME, SwiftReward
from asrdiag.store.atomic import write_text

from .rewarding import PRESETS
from .schema import RlRecipe
from .swift_models import require_trained_by_swift


def export_swift(recipe: RlRecipe, path: Path) -> None:
    """Write a shell script for ms-swift 4.6 that does what the recipe says, as far as ms-swift can.

    It has no stop on a collapse, and looks at no validation rows here. Its names are taken from its
    documentation and source; the script was not run.

    Raises:
        UsageError: the recipe has something that would silently be another training there, or a model that
            ms-swift does not train.
        SaveError: it could not be written.
    """
    looked_up = require_trained_by_swift(recipe.model)
    _require_sayable(recipe)
    plugin = Path(inspect.getfile(SwiftReward)).with_name("plugin.py")
    groups, sampling, loss = recipe.groups, recipe.sampling, recipe.loss
    given: dict[str, object] = {
        "rlhf_type": "grpo",
        "model": recipe.model.checkpoint,
        "torch_dtype": recipe.model.dtype,
        "dataset": recipe.train.rows,
        "external_plugins": plugin,
        "reward_funcs": NAME,
        "tuner_type": "lora",
        "lora_rank": recipe.lora.r,
        "lora_alpha": recipe.lora.alpha,
        "lora_dropout": 0,
        "freeze_vit": "encoder" not in recipe.learning_rates,
        "freeze_aligner": "aligner" not in recipe.learning_rates,
        "freeze_llm": not {"llm", "decoder"} & set(recipe.learning_rates),
        "learning_rate": next(iter(recipe.learning_rates.values())),
        "lr_scheduler_type": recipe.optimizer.schedule,
        "warmup_ratio": recipe.optimizer.warmup_ratio,
        "weight_decay": recipe.optimizer.weight_decay,
        "max_grad_norm": recipe.optimizer.max_grad_norm,
        "per_device_train_batch_size": groups.rollouts,
        "gradient_accumulation_steps": groups.prompts,
        "num_generations": groups.rollouts,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "repetition_penalty": sampling.repetition_penalty,
        "max_completion_length": sampling.max_new_tokens,
        "loss_type": loss.kind,
        "epsilon": loss.clip_low,
        "epsilon_high": loss.clip_high,
        "beta": loss.beta,
        "num_iterations": loss.iterations,
        "scale_rewards": "group" if loss.scale_advantages else "none",
        "dynamic_sample": groups.max_resamples > 0,
        "max_resample_times": max(1, groups.max_resamples),
        "overlong_filter": groups.mask_overlong,
        "max_steps": recipe.steps * loss.iterations,
        "save_steps": recipe.checkpoint_every * loss.iterations,
        "log_completions": True,
        "seed": recipe.seed,
        "output_dir": recipe.name,
    }
    if sampling.engine == "vllm":
        given |= {"use_vllm": True, "vllm_mode": "colocate"}
        if sampling.vllm is not None:
            given["vllm_gpu_memory_utilization"] = sampling.vllm.gpu_memory_utilization
            if sampling.vllm.max_model_len is not None:
                given["vllm_max_model_len"] = sampling.vllm.max_model_len
    reward = {"preset": PRESETS.get(recipe.reward.name, recipe.reward.name), **recipe.reward.parameters}
    lines = [
        "#!/bin/sh",
        f"# {recipe.name} for ms-swift 4.6, on one device;",
        "# with n devices divide gradient_accumulation_steps by n.",
    ]
    if not looked_up:
        lines.append(f"# Whether ms-swift trains {recipe.model.checkpoint} was not looked up.")
    if recipe.start is not None:
        lines.append(f"# The model is to be the one with this adapter merged: {recipe.start}")
    lines += [f"export ASRDIAG_REWARD={shlex.quote(json.dumps(reward))}", "swift rlhf \\"]
    told_options = [f"  --{name} {shlex.quote(_told(value))}" for name, value in given.items()]
    write_text(path, "\n".join([*lines, " \\\n".join(told_options)]) + "\n")


def _require_sayable(recipe: RlRecipe) -> None:
    """Refuse what the script has no place for, which would silently be another training there."""
    if len(set(recipe.learning_rates.values())) > 1:
        told = ", ".join(f"{part} {rate:g}" for part, rate in recipe.learning_rates.items())
        raise UsageError(f"learning_rates: found {told}; ms-swift's script takes one rate for all parts")
    if recipe.reward.judge is not None:
        raise UsageError("reward.name: found judge; the script for ms-swift has rewards by rule only")
    silently = {
        "sampling.max_tokens_per_s": recipe.sampling.max_tokens_per_s,
        "model.prompt": recipe.model.prompt,
        "model.language": None if recipe.model.language == "auto" else recipe.model.language,
        "modules": recipe.modules,
    }
    for key, value in silently.items():
        if value is not None:
            raise UsageError(
                f"{key}: the script for ms-swift has no place for it; expected a recipe without it"
            )
    if recipe.train.enrich is not None:
        raise UsageError(
            "train.enrich: ms-swift draws every row alike; select the rows with asrdiag train data "
            "(data-rl), and give --set train.enrich=null"
        )


def _told(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
