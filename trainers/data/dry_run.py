"""What making the data would do, without doing it."""

from pathlib import Path

from ..recipe import LoadedRecipe
from .base_run import require_base
from .folder import DataFolder, identity_of
from .gathering import rows_of
from .leaks import evaluation_sets
from .recipe import DataRecipe


def describe(loaded: LoadedRecipe[DataRecipe], out: Path, device: str, *, fresh: bool) -> str:
    """The inputs and evaluation sets with their clips, the base system, and what is in the folder.

    Raises:
        UsageError: the recipe could not be followed here.
    """
    recipe, folder = loaded.recipe, DataFolder(out)
    identity = identity_of(recipe, loaded.resolved())
    state = "new"
    if out.exists():
        if fresh:
            state = "what is there would be moved aside"
        elif folder.is_complete(identity):
            state = "complete: nothing to do"
        else:
            state = "begun: would go on" if folder.read() else "new"
    lines = [f"data: {out} ({state})"]
    for given in recipe.inputs:
        kind = "run" if given.run else "corpus" if given.corpus else "rows"
        both = ", with the clips they were made of" if given.clean else ""
        lines.append(f"{kind}: {given.path}: {rows_of(given)} clips{both}")
    if recipe.base is not None:
        require_base(recipe, device)
        name = recipe.base if isinstance(recipe.base, str) else recipe.base["engine"]
        lines.append(f"base system for clips without an answer: {name}")
    for spec in evaluation_sets(recipe):
        checks = " and ".join(recipe.leaks.check)
        lines.append(f"leaks: against {spec.id} ({len(spec.utterances())} clips) by {checks}")
    return "\n".join(lines)
