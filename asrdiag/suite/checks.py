"""What is wrong with a suite whose parts are each as they should be."""

from collections.abc import Iterator, Mapping, Sequence

from ..errors import UsageError, unknown
from ..metrics import NORMALIZERS, unit_for
from ..normalizing import NormalizerChoice, folded_tag
from ..simulation.base import Condition
from .document import Location
from .problems import Problem, refuse
from .schema import Suite
from .sources import KINDS, Entry, Source


def empty_lists(suite: Suite, main: Source) -> Iterator[Problem]:
    """Lists without an entry."""
    for kind in KINDS:
        if not getattr(suite, kind):
            yield Problem(main.document, (kind,), "found [], expected at least one entry")


def used_twice(used: Mapping[str, Sequence[Entry]]) -> Iterator[Problem]:
    """Entries whose id another one of their list has."""
    for entries in used.values():
        seen: set[str | None] = set()
        for entry in entries:
            if entry.id in seen:
                yield entry.problem(f"the id {entry.id!r} is used twice", "id")
            seen.add(entry.id)


def wrong_normalizers(suite: Suite, main: Source, used: Mapping[str, Sequence[Entry]]) -> Iterator[Problem]:
    """Normalisers that do not exist, and languages that are none."""
    for location, text in _wrong_choice(suite.normalizer):
        yield Problem(main.document, ("normalizer", *location), text)
    for entry, dataset in zip(used["datasets"], suite.datasets, strict=True):
        for location, text in _wrong_choice(dataset.normalizer):
            yield entry.problem(text, "normalizer", *location)


def _wrong_choice(choice: NormalizerChoice | None) -> Iterator[tuple[Location, str]]:
    if choice is None or isinstance(choice, str):
        if choice is not None and choice not in NORMALIZERS:
            yield (), unknown("normaliser", choice, NORMALIZERS)
        return
    seen: dict[str, str] = {}
    for language, name in choice.items():
        try:
            unit_for(language)
        except ValueError as error:
            yield (language,), str(error)
        if name not in NORMALIZERS:
            yield (language,), unknown("normaliser", name, NORMALIZERS)
        if (first := seen.setdefault(folded_tag(language), language)) != language:
            yield (language,), f"{language!r} and {first!r} are the same language"


def expand_conditions(suite: Suite, entries: Sequence[Entry]) -> tuple[tuple[Condition, ...], dict[str, str]]:
    """Every level of every condition, and the entry that each comes from.

    Raises:
        UsageError: an entry cannot be used on this machine or has no levels, or two levels have one id.
    """
    conditions: list[Condition] = []
    entry_of: dict[str, str] = {}
    for entry, spec in zip(entries, suite.conditions, strict=True):
        if reason := spec.missing():
            refuse([entry.problem(reason)])
        try:
            levels = spec.expand()
        except UsageError as error:
            refuse([entry.problem(str(error))])
            raise
        for condition in levels:
            if condition.id in entry_of:
                refuse([entry.problem(f"the condition {condition.id!r} exists already")])
            conditions.append(condition)
            entry_of[condition.id] = spec.id
    return tuple(conditions), entry_of


def matrix_problems(suite: Suite, main: Source, entry_of: Mapping[str, str]) -> Iterator[Problem]:
    """Names in the matrix that nothing has."""
    known: dict[str, Sequence[str]] = {
        "systems": [system.id for system in suite.systems],
        "datasets": [dataset.id for dataset in suite.datasets],
        "conditions": list(dict.fromkeys([*entry_of.values(), *entry_of])),
    }
    for row, block in enumerate(suite.matrix):
        for kind, ids in known.items():
            named = getattr(block, kind)
            for index, name in enumerate(() if named == "all" else named):
                if name not in ids:
                    text = unknown(kind.removesuffix("s"), name, ids)
                    yield Problem(main.document, ("matrix", row, kind, index), text)
