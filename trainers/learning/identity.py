"""What decides what a training learns: a folder with another identity holds another training."""

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TypeVar

from asrdiag.spec import Json

from ..recipe import LoadedRecipe
from .model_recipe import ModelRecipe
from .opening import system_spec
from .weights import WEIGHTS

LEFT_OUT = (
    *("name", "description", "workers", "trackers"),
    "validation.max_rise",  # only chooses
    *("reward.judge.base_url", "reward.judge.api_key_env", "reward.judge.max_requests"),
    "sampling.vllm.gpu_memory_utilization",
)
"""Keys of a recipe that change nothing of what is learnt."""

R = TypeVar("R", bound=ModelRecipe)


def identity(loaded: LoadedRecipe[R]) -> dict[str, Json]:
    """All that decides what is learnt, save the rows, which are looked at later.

    Raises:
        UsageError: the checkpoint is not there.
    """
    recipe = loaded.recipe
    said = _without(loaded.resolved(), LEFT_OUT)
    return {
        "schema": 1,
        "recipe": said,
        "model": system_spec(recipe.name, recipe.model).identity()["revision"],
        "start": None if recipe.start is None else _sha256(recipe.start / WEIGHTS),
    }


def _without(said: Mapping[str, Json], left_out: Collection[str], inside: str = "") -> dict[str, Json]:
    return {
        key: _without(value, left_out, f"{inside}{key}.") if isinstance(value, dict) else value
        for key, value in said.items()
        if inside + key not in left_out
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
