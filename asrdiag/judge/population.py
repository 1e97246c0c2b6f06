"""All answers of a run that could be judged, and what is known of each without a judge."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..errors import AsrdiagError, UsageError, unknown
from ..metrics import Unit
from ..scoring import latest_records
from ..simulation.sweep import entry_id
from ..store.folder import RunFolder
from .pairs import Pair

Rule = Literal["correct", "empty", "nothing said"]
"""Why no judge is needed: the texts are equal after normalisation; the answer is empty; the reference is."""

_COUNTS = ("correct", "substitutions_soft", "substitutions_hard", "deletions", "insertions")
_COLUMNS = ("sample_id", "subset", "language", "unit", "failure_mode", "entities", *_COUNTS)
Place = tuple[str, str, str, str]
"""System, dataset, condition and sample id."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a system, scored."""

    system: str
    dataset: str
    condition: str
    sample_id: str
    subset: str
    language: str
    unit: Unit
    mode: str
    error_rate: float | None
    entity_errors: int
    """Numbers and names of the reference that the rules find lost or changed."""
    rule: Rule | None
    pair: Pair

    @property
    def cell(self) -> str:
        return f"{self.system}/{self.dataset}/{self.condition}"

    @property
    def place(self) -> Place:
        return self.system, self.dataset, self.condition, self.sample_id


@dataclass(frozen=True, slots=True)
class Selection:
    """Ids of which only these are judged; empty: all."""

    systems: Sequence[str] = ()
    datasets: Sequence[str] = ()
    conditions: Sequence[str] = ()

    def as_record(self) -> dict[str, list[str]]:
        return {
            "systems": sorted(self.systems),
            "datasets": sorted(self.datasets),
            "conditions": sorted(self.conditions),
        }

    def has(self, cell: Mapping[str, Any]) -> bool:
        """Whether a cell is among them; a condition is named by its entry (`babble`) or its level."""
        condition = cell["condition"]
        named = {condition, entry_id(condition)}
        return (
            (not self.systems or cell["system"] in self.systems)
            and (not self.datasets or cell["dataset"] in self.datasets)
            and (not self.conditions or not named.isdisjoint(self.conditions))
        )


@dataclass(slots=True)
class Population:
    """The scored answers of a run."""

    answers: list[Answer] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What had to be left out."""

    @property
    def open(self) -> list[Answer]:
        """The answers that only a judge can judge."""
        return [answer for answer in self.answers if answer.rule is None]


def read_population(
    folder: RunFolder, selection: Selection | None = None, cells: Collection[str] | None = None
) -> Population:
    """Read the answers of a run's scored cells.

    Raises:
        UsageError: there is no such run, or no such system, dataset or condition in it.
        AsrdiagError: samples or scores are damaged.
    """
    run = folder.read_run()
    chosen = selection or Selection()
    _check(chosen, run["cells"].values())
    found = Population()
    for key, cell in run["cells"].items():
        if not chosen.has(cell) or (cells is not None and key not in cells):
            continue
        if not _is_scored(folder, key, cell):
            found.notes.append(f"{key}: not scored, left out; `asrdiag score` scores what there is")
            continue
        found.answers += _answers(folder, key, cell)
    return found


def _check(selection: Selection, cells: Collection[Mapping[str, Any]]) -> None:
    for kind in ("system", "dataset", "condition"):
        known = dict.fromkeys(cell[kind] for cell in cells)
        if kind == "condition":
            known |= dict.fromkeys(map(entry_id, known))
        for name in getattr(selection, f"{kind}s"):
            if name not in known:
                raise UsageError(unknown(kind, name, known))


def _is_scored(folder: RunFolder, key: str, cell: Mapping[str, Any]) -> bool:
    """Whether there are scores, by whatever normaliser, of the samples as they are now."""
    if not folder.has_samples_of(key, cell):
        return False
    summary = folder.read_summary(key)
    return (
        summary is not None
        and summary["fingerprint"] == cell["fingerprint"]
        and summary["made_from"]["samples_bytes"] == folder.samples(key).stat().st_size
    )


def _answers(folder: RunFolder, key: str, cell: Mapping[str, Any]) -> Iterator[Answer]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder.scores(key)
    try:
        rows = pq.read_table(path, columns=list(_COLUMNS)).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise AsrdiagError(f"{path}: cannot be read; `asrdiag score` makes it anew ({error})") from error
    records = latest_records(folder, key)
    for row in rows:
        record = records.get(row["sample_id"])
        if row["correct"] is None or record is None or record["hypothesis_raw"] is None:
            continue
        counts = {name: row[name] for name in _COUNTS}
        errors = sum(counts.values()) - counts["correct"]
        tokens = sum(counts.values()) - counts["insertions"]
        yield Answer(
            system=cell["system"],
            dataset=cell["dataset"],
            condition=cell["condition"],
            sample_id=row["sample_id"],
            subset=row["subset"],
            language=row["language"],
            unit=row["unit"],
            mode=row["failure_mode"],
            error_rate=errors / tokens if tokens else None,
            entity_errors=sum(
                entity["kind"] != "keyword" and entity["status"] != "kept" for entity in row["entities"]
            ),
            rule=_rule(errors, tokens, sum(counts.values()) - counts["deletions"]),
            pair=Pair(row["language"], record["reference_raw"], record["hypothesis_raw"]),
        )


def _rule(errors: int, reference_tokens: int, hypothesis_tokens: int) -> Rule | None:
    if not errors:
        return "correct"
    if not hypothesis_tokens:
        return "empty"
    return None if reference_tokens else "nothing said"
