"""From the inputs into the pool: every clip, graded where it has an answer."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from asrdiag.corpus.progress import CorpusDisplay

from .candidates import Candidate, Dropped
from .grading import Grade, grade_all
from .inputs import candidates_of, files_of
from .inputs.corpus import simulations
from .inputs.run import manifests_of
from .line import RowRefused, require_language
from .pool import Pool
from .recipe import DataRecipe, Input

_BATCH = 2000
_ROUNDING = 0.005


def gather(pool: Pool, recipe: DataRecipe, display: CorpusDisplay) -> None:
    """Enter the clips of all inputs; those of an input all at once, or not at all.

    Raises:
        UsageError: an input is not there, or not what the recipe says.
    """
    with display:
        display.begin(sum(rows_of(given) for given in recipe.inputs), pool.count(), 0)
        for number, given in enumerate(recipe.inputs):
            if pool.done(f"input {number}") is not None:
                continue
            with pool.writing():
                waiting, restated = iter(candidates_of(given)), 0
                while chunk := list(islice(waiting, _BATCH)):
                    graded = list(_graded(chunk, recipe))
                    pool.add(number, graded)
                    restated += sum(_differs(one, grade) for one, grade in graded)
                    refused = sum(isinstance(one, Dropped) for one in chunk)
                    display.advance(len(chunk), refused, 0.0)
                if given.run is not None:
                    _add_sources(pool, number, given)
                pool.mark(f"input {number}", {"restated": restated})


def _graded(
    chunk: Iterable[Candidate | Dropped], recipe: DataRecipe
) -> Iterator[tuple[Candidate | Dropped, Grade | None]]:
    wanted = [_in_language(one, recipe) for one in chunk]
    candidates = [one for one in wanted if isinstance(one, Candidate)]
    grades = iter(grade_all(candidates, recipe.bins, recipe.normalizer))
    return ((one, next(grades) if isinstance(one, Candidate) else None) for one in wanted)


def _differs(one: Candidate | Dropped, grade: Grade | None) -> bool:
    """Whether a row states another error rate than its prediction has."""
    if not isinstance(one, Candidate) or grade is None or one.base_wer is None or grade.base_wer is None:
        return False
    return abs(one.base_wer - grade.base_wer) > _ROUNDING


def _in_language(one: Candidate | Dropped, recipe: DataRecipe) -> Candidate | Dropped:
    if isinstance(one, Candidate) and recipe.languages is not None:
        try:
            require_language(one.language, one.solution, recipe.languages)
        except RowRefused as error:
            return Dropped(one.where, one.id, error.reason, error.detail)
    return one


def _add_sources(pool: Pool, number: int, given: Input) -> None:
    """Where a run's dataset is a simulated corpus, its manifest says what the clips were made of."""
    for prefix, path in manifests_of(given):
        for row_id, made in simulations(path):
            if source := made.get("source"):
                pool.add_source(number, f"{prefix}{row_id}", source, made.get("condition"), made.get("seed"))


def rows_of(given: Input) -> int:
    """How many lines of clips an input has; of a run, those that came later of the same clip count too.

    Raises:
        UsageError: it is not there.
    """
    return sum(map(_lines_of, files_of(given)))


def _lines_of(path: Path) -> int:
    if path.suffix.lower() == ".parquet":
        from pyarrow.parquet import read_metadata

        return int(read_metadata(path).num_rows)
    with path.open("rb") as stream:
        return sum(part.count(b"\n") for part in iter(lambda: stream.read(1 << 20), b""))
