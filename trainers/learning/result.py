"""The end of a training: which checkpoint is its result, what is said of that, and how a suite uses it."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from asrdiag.cli.output import complain, out
from asrdiag.errors import UsageError

from .model_recipe import ModelRecipe
from .selection import Choice, choose
from .validation import Look


def choose_checkpoint(recipe: ModelRecipe, looks: Mapping[int, Look], kept: Collection[int]) -> Choice | None:
    """By the validation rows; `None` where the recipe has none.

    Args:
        recipe: says how much harm a checkpoint may do.
        looks: at the model before training (0) and at checkpoints, by step.
        kept: the steps of the checkpoints that are there.

    Raises:
        UsageError: what was found before training is not on record any more.
    """
    if recipe.validation is None:
        return None
    if 0 not in looks:
        raise UsageError(
            "validation.jsonl: found nothing of the model before training; begin anew with --fresh"
        )
    allowed: dict[str, float] = {str(name): rise for name, rise in recipe.validation.max_rise.items()}
    return choose(looks[0], [looks[step] for step in sorted(looks) if step and step in kept], allowed)


def choice_record(choice: Choice | None, looks: Mapping[int, Look]) -> dict[str, Any]:
    """For a report."""
    return {
        "harmless": None if choice is None else choice.harmless,
        "harms": {} if choice is None else {str(at): list(each) for at, each in choice.harms.items()},
        "before": looks[0].record() if 0 in looks else None,
        "chosen": choice.look.record() if choice else None,
    }


def tell_choice(choice: Choice | None, looks: Mapping[int, Look], step: int, place: Path) -> None:
    """Say which step was chosen, where it is, and why."""
    if choice is None:
        out(f"{place}: step {step}; no validation rows to choose by")
        return
    out(f"before: {looks[0].told()}")
    out(f"chosen: {choice.look.told()}")
    for at, harms in choice.harms.items():
        out(f"not chosen: step {at}: {', '.join(harms)}")
    if not choice.harmless:
        complain("asrdiag: every checkpoint does harm; the lowest error rate was chosen all the same")
    if choice.look.score >= looks[0].score:
        complain("asrdiag: no checkpoint does better on the validation rows than the model before training")
    out(f"{place}: step {step}")


def system_snippet(recipe: ModelRecipe, place: Path, *, adapter: bool = True) -> dict[str, Any]:
    """The trained system as a suite has it.

    Args:
        recipe: that it was trained by.
        place: the result.
        adapter: whether that is an adapter, or the whole model.
    """
    model, trained = recipe.model, str(place.resolve())
    found: dict[str, Any] = {
        "id": recipe.name,
        "engine": "transformers",
        "model": model.checkpoint if adapter else trained,
        "revision": model.revision if adapter else None,
        "adapter": trained if adapter else None,
        "family": model.family,
        "dtype": model.dtype,
        "attention": model.attention,
        "language": None if model.language == "auto" else model.language,
        "prompt": model.prompt,
    }
    return {key: value for key, value in found.items() if value is not None}


def tell_system(snippet: Mapping[str, Any]) -> None:
    """Print what goes into a suite."""
    out("\nAs a system in a suite:\n")
    out(yaml.safe_dump([dict(snippet)], sort_keys=False).rstrip())
