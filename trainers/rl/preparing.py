"""What a training needs before its first step, checked."""

from pathlib import Path

from accelerate import PartialState

from ..learning.folder import TrainFolder
from ..learning.identity import identity
from ..learning.pool import Pool
from ..learning.rows_of_recipe import open_rows
from ..progress import TrainDisplay
from ..recipe import LoadedRecipe
from .draws import Draws, bins_of
from .joining import require_joinable
from .opening import open_policy
from .schema import RlRecipe
from .session import RlSession


def prepare(
    loaded: LoadedRecipe[RlRecipe], folder: TrainFolder | None, display: TrainDisplay, device: str
) -> RlSession:
    """Open the policy, look at all rows, and find the beginning of this training, if there is one.

    Args:
        loaded: the recipe.
        folder: where it is written to, locked; `None`: nothing is written.
        display: told how far it is.
        device: of this process.

    Raises:
        UsageError: the model, the rows or the folder cannot be used.
    """
    recipe, process = loaded.recipe, PartialState()
    if recipe.groups.prompts % process.num_processes:
        text = (
            f"found {recipe.groups.prompts}, expected a multiple of the {process.num_processes} devices: the "
            "answers to a clip stay together"
        )
        raise loaded.error(("groups", "prompts"), text)
    if recipe.start is not None:
        require_joinable(recipe.start)
    opened = open_policy(recipe, device)
    written = folder if process.is_main_process else None
    if written is not None:
        written.begin(identity(loaded), loaded.content)
    rows = open_rows(recipe, recipe.train.rows, opened.policy.family, written, display)
    # Tells of a bin without clips before anything is done.
    Draws(rows.train, recipe.train.enrich, recipe.seed)
    for line in planned(recipe, rows.train):
        display.note(line)
    process.wait_for_everyone()
    return RlSession(
        recipe=recipe,
        folder=folder or TrainFolder(Path()),
        opened=opened,
        rows=rows,
        display=display,
    )


def planned(recipe: RlRecipe, pool: Pool) -> tuple[str, ...]:
    """What is going to be done, in a few lines."""
    groups, sampling, loss = recipe.groups, recipe.sampling, recipe.loss
    bins = ", ".join(f"{len(each)} {name}" for name, each in bins_of(pool).items())
    weights = recipe.train.enrich
    drawn = "" if weights is None else f"; drawn {', '.join(f'{name} {w:g}' for name, w in weights.items())}"
    rates = ", ".join(f"{part} {rate:g}" for part, rate in recipe.learning_rates.items())
    return (
        *pool.told_skipped(),
        f"{len(pool)} clips to answer to: {bins}{drawn}",
        f"{recipe.steps} steps: {groups.prompts} clips, {groups.rollouts} answers to each at temperature "
        f"{sampling.temperature:g}, {loss.iterations} update(s) of {rates}",
        f"reward {recipe.reward.name}, loss {loss.kind}, clips {loss.clip_low:g} and {loss.clip_high:g}, "
        f"beta {loss.beta:g}, at most {groups.max_resamples} resamplings",
    )
