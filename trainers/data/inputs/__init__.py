"""Where candidates come from: a run, a simulated corpus, or rows that there are already."""

from collections.abc import Iterator
from pathlib import Path

from asrdiag.errors import UsageError
from asrdiag.store.folder import RunFolder

from ..candidates import Candidate, Dropped
from ..recipe import Input
from .corpus import manifest_of, read_corpus
from .foreign import read_foreign
from .run import read_run, require_run


def candidates_of(given: Input) -> Iterator[Candidate | Dropped]:
    """Every clip of an input, in its order; of those that cannot be used, why.

    Raises:
        UsageError: it is not there, or of another kind than the recipe says.
    """
    if given.run is not None:
        return read_run(given)
    return read_corpus(given) if given.corpus is not None else read_foreign(given)


def files_of(given: Input) -> list[Path]:
    """The files that say which clips there are: when one changes, so may the rows.

    Raises:
        UsageError: they are not there.
    """
    if given.run is not None:
        folder = RunFolder(given.run)
        return [folder.samples(key) for key in require_run(given)]
    if given.corpus is not None:
        return [manifest_of(given.corpus)]
    if not given.path.is_file():
        raise UsageError(f"there is no file of rows {given.path}")
    return [given.path]
