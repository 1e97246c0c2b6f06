"""The rows that a recipe names, all looked at before the first step: to learn from, and to choose by."""

from dataclasses import dataclass
from pathlib import Path

from ..families.base import TrainedFamily
from ..overlap import Traits, in_common, told
from ..progress import TrainDisplay
from .folder import TrainFolder
from .model_recipe import ModelRecipe
from .pool import Pool, clip_limits, open_pool
from .validation import Validation


@dataclass(frozen=True, slots=True)
class RecipeRows:
    """Open files of rows."""

    train: Pool
    validation: Validation | None

    def close(self) -> None:
        self.train.rows.close()
        if self.validation is not None:
            self.validation.pool.rows.close()


def open_rows(
    recipe: ModelRecipe,
    path: Path,
    family: TrainedFamily,
    folder: TrainFolder | None,
    display: TrainDisplay,
    *,
    distils: bool = False,
) -> RecipeRows:
    """Look at all rows, and make sure that they are those of the training that is under way in the folder.

    Args:
        recipe: its limits, and its validation rows.
        path: the rows to learn from.
        family: that is to be trained.
        folder: where rows that are not used are listed; `None`: nowhere.
        display: told how far it is.
        distils: whether the clips before they were degraded are needed as well.

    Raises:
        UsageError: a file is not there, too many of its rows cannot be used, or they are others than before.
        SaveError: something could not be written.
    """

    def look_at(path: Path, name: str, *, distils: bool = False) -> Pool:
        listing = None if folder is None else folder.listing(name)
        return open_pool(path, family, recipe.limits, listing, display, distils=distils)

    rows = RecipeRows(look_at(path, "train", distils=distils), None)
    try:
        if (asked := recipe.validation) is not None:
            validation = Validation(
                look_at(asked.rows, "validation"),
                family,
                clip_limits(recipe.limits),
                batch_size=asked.batch_size,
                limit=asked.limit,
                seed=recipe.seed,
            )
            rows = RecipeRows(rows.train, validation)
            judged, learnt = validation.pool, rows.train
            shared = in_common(map(Traits.of_row, judged), map(Traits.of_row, learnt))
            for line in told(shared, len(judged), "validation row"):
                display.note(line)
        if folder is not None:
            pools = {"train": rows.train}
            if rows.validation is not None:
                pools["validation"] = rows.validation.pool
            folder.begin_with({name: pool.record() for name, pool in pools.items()})
    except BaseException:
        rows.close()
        raise
    return rows
