"""Error rates as a matrix: systems by conditions, or by the subsets of a dataset."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .rows import Row


@dataclass(frozen=True, slots=True)
class Matrix:
    """One dataset's error rates under one metric; every cell is a row of the leaderboard.

    `by` is `condition`, each cell over the whole dataset, or `subset`, all under `condition`. A cell that was
    not run is not in `rows`, whose keys are system and column; one without any answer has no rate.
    """

    dataset: str
    metric: str
    by: Literal["condition", "subset"]
    condition: str
    systems: tuple[str, ...]
    columns: tuple[str, ...]
    rows: dict[tuple[str, str], Row]

    def rate(self, system: str, column: str) -> float | None:
        """In %; `None` where there is none."""
        row = self.rows.get((system, column))
        return row.get("error_rate_pct") if row else None

    @property
    def language(self) -> str:
        return "+".join(sorted({name for row in self.rows.values() for name in row["language"].split("+")}))

    @property
    def normalizers(self) -> str:
        return "+".join(
            sorted({name for row in self.rows.values() for name in row["normalizer"].split("+") if name})
        )


def matrices(rows: Iterable[Row], baselines: Iterable[str] = ("as_recorded",)) -> Iterator[Matrix]:
    """Arrange the measured rows of the leaderboard.

    A dataset with several subsets has a matrix by subset, for the audio as recorded (the first of `baselines`
    that it was run under) or else for its only condition; one with several conditions, or a single subset,
    has a matrix by condition.
    """
    for (dataset, metric), found in _by_dataset(rows).items():
        whole, parts = _whole(found), [row for row in found if not row["aggregate"]]
        if not whole:
            continue
        conditions = list(dict.fromkeys(row["condition"] for row in whole))
        subject = next((name for name in baselines if name in conditions), None)
        if subject is None and len(conditions) == 1:
            subject = conditions[0]
        named = [(_subset(row, parts), row) for row in parts if row["condition"] == subject]
        several = len({name for name, _ in named}) > 1
        if len(conditions) > 1 or not several:
            yield _matrix(dataset, metric, "condition", "", [(row["condition"], row) for row in whole])
        if several:
            yield _matrix(dataset, metric, "subset", subject or "", named)


def whole_rows(rows: Iterable[Row]) -> list[Row]:
    """The measured rows over whole datasets: one for each system, dataset, condition and metric."""
    return [row for found in _by_dataset(rows).values() for row in _whole(found)]


def _by_dataset(rows: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    datasets: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.get("metric") and row["source"] == "measured":
            datasets.setdefault((row["dataset"], row["metric"]), []).append(row)
    return datasets


def _whole(rows: Sequence[Row]) -> list[Row]:
    """Of a cell with several subsets or languages the row that adds them up, else its only row."""
    pooled = {
        (row["system"], row["condition"])
        for row in rows
        if row["aggregate"] == "pooled" and not row["subset"]
    }
    return [
        row
        for row in rows
        if (
            row["aggregate"] == "pooled" and not row["subset"]
            if (row["system"], row["condition"]) in pooled
            else not row["aggregate"]
        )
    ]


def _subset(row: Row, rows: Sequence[Row]) -> str:
    """What a subset is called, with the language where it has several."""
    languages = {other["language"] for other in rows if other["subset"] == row["subset"]}
    return f"{row['subset']} ({row['language']})".lstrip() if len(languages) > 1 else row["subset"]


def _matrix(
    dataset: str,
    metric: str,
    by: Literal["condition", "subset"],
    condition: str,
    named: Sequence[tuple[str, Row]],
) -> Matrix:
    return Matrix(
        dataset,
        metric,
        by,
        condition,
        tuple(dict.fromkeys(row["system"] for _, row in named)),
        tuple(dict.fromkeys(name for name, _ in named)),
        {(row["system"], name): row for name, row in named},
    )
