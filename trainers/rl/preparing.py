"""What a training needs before its first step, checked."""

from pathlib import Path

from accelerate import PartialState

from asrdiag.errors import UsageError
from asrdiag.spec import Json

from ..progress import TrainDisplay
from ..recipe import LoadedRecipe
from ..sft.folder import TrainFolder
from ..sft.pool import Pool, clip_limits, open_pool
from ..sft.validation import Validation
from .draws import Draws, bins_of
from .joining import require_joinable
from .opening import open_policy, system_spec
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
        raise UsageError(
            f"groups.prompts: found {recipe.groups.prompts}, expected a multiple of the "
            f"{process.num_processes} devices: the answers to a clip stay together"
        )
    writes = folder is not None and process.is_main_process
    if recipe.start is not None:
        require_joinable(recipe.start)
    opened = open_policy(recipe, device)
    if folder is not None and writes:
        folder.begin(identity(loaded), loaded.content)

    def look_at(rows: Path, name: str) -> Pool:
        listing = folder.listing(name) if folder is not None and writes else None
        return open_pool(rows, opened.policy.family, recipe.limits, listing, display)

    pool = look_at(recipe.train.rows, "train")
    Draws(pool, recipe.train.enrich, recipe.seed)  # tells of a bin without clips before anything is done
    for line in planned(recipe, pool):
        display.note(line)
    validation = None
    if recipe.validation is not None:
        validation = Validation(
            look_at(recipe.validation.rows, "validation"),
            opened.policy.family,
            clip_limits(recipe.limits),
            batch_size=recipe.validation.batch_size,
            limit=recipe.validation.limit,
            seed=recipe.seed,
        )
    process.wait_for_everyone()
    return RlSession(
        recipe=recipe,
        folder=folder or TrainFolder(Path()),
        opened=opened,
        pool=pool,
        validation=validation,
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
        f"{len(pool)} clips to answer to: {bins}{drawn}",
        f"{recipe.steps} steps: {groups.prompts} clips, {groups.rollouts} answers to each at temperature "
        f"{sampling.temperature:g}, {loss.iterations} update(s) of {rates}",
        f"reward {recipe.reward.name}, loss {loss.kind}, clips {loss.clip_low:g} and {loss.clip_high:g}, "
        f"beta {loss.beta:g}, at most {groups.max_resamples} resamplings",
    )


def identity(loaded: LoadedRecipe[RlRecipe]) -> dict[str, Json]:
    """All that decides what is learnt."""
    said = {key: value for key, value in loaded.resolved().items() if key not in ("name", "description")}
    recipe = loaded.recipe
    system = system_spec(recipe.name, recipe.model, recipe.start).identity()
    return {"schema": 1, "recipe": said, "model": system["revision"], "start": system.get("adapter")}
