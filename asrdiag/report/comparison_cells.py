"""Which cells of a run are compared, and which of them are put together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..errors import UsageError, unknown
from ..simulation.sweep import entry_id
from ..store.folder import RunFolder
from .answers import OF_SAMPLES, factors_of

BY = ("dataset", "condition", *OF_SAMPLES)
"""What results can be broken down by, besides the factors of a dataset."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is compared; nothing named means everything. A condition is named by its id or its entry's."""

    systems: Sequence[str] = ()
    datasets: Sequence[str] = ()
    conditions: Sequence[str] = ()
    by: str = "dataset"
    unit: Literal["speaker", "utterance"] = "speaker"
    """What is drawn; `utterance`: what is found holds for these speakers alone."""


class Key(NamedTuple):
    system: str
    dataset: str
    condition: str


def choose(known: Sequence[Key], scored: Sequence[Key], selection: Selection, folder: RunFolder) -> list[Key]:
    """The scored cells that were selected.

    Raises:
        UsageError: a name is unknown, or there are no two systems with scores.
    """
    path = folder.path
    entries = [entry_id(key.condition) for key in known]
    for kind, names, allowed in (
        ("system", selection.systems, [key.system for key in known]),
        ("dataset", selection.datasets, [key.dataset for key in known]),
        ("condition", selection.conditions, [*entries, *(key.condition for key in known)]),
    ):
        for name in names:
            if name not in allowed:
                raise UsageError(f"{path}: {unknown(kind, name, dict.fromkeys(allowed))}")
        if len(set(names)) < len(names):
            raise UsageError(f"a {kind} is named twice: {', '.join(names)}")
    if not scored:
        raise UsageError(f"{path}: no cell is scored yet; `asrdiag score {path}` scores what there is")
    chosen = [
        key
        for key in scored
        if key.system in (selection.systems or (key.system,))
        and key.dataset in (selection.datasets or (key.dataset,))
        and (not selection.conditions or {key.condition, entry_id(key.condition)} & set(selection.conditions))
    ]
    with_scores = list(dict.fromkeys(key.system for key in chosen))
    without = [name for name in selection.systems if name not in with_scores]
    if without:
        raise UsageError(f"{path}: no scores of {', '.join(without)} in what is to be compared")
    if len(with_scores) < 2:
        known_scores = ", ".join(dict.fromkeys(key.system for key in scored))
        found = ", ".join(with_scores) or "none"
        raise UsageError(
            f"{path}: comparing takes two systems or more, found {found}; with scores: {known_scores}"
        )
    if selection.by not in BY:
        first = {key.dataset: "/".join(key) for key in reversed(chosen)}
        factors = {
            name for key in first.values() for found in factors_of(folder, key).values() for name in found
        }
        if selection.by not in factors:
            raise UsageError(unknown("group", selection.by, dict.fromkeys([*BY, *sorted(factors)])))
    return chosen


def clusters(chosen: Sequence[Key], by: str) -> Iterator[tuple[str, list[str]]]:
    """Each dataset with the conditions whose answers are put together."""
    for dataset in dict.fromkeys(key.dataset for key in chosen):
        conditions = list(dict.fromkeys(key.condition for key in chosen if key.dataset == dataset))
        if by == "condition":
            yield from ((dataset, [condition]) for condition in conditions)
        else:
            yield dataset, conditions
