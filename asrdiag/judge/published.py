"""Published judgements, for a look: another judge was told other things, so no number compares."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from ..errors import AsrdiagError

SOURCE = (
    "published: means over VOiCES and NOIZEUS as printed in arXiv 2605.19833, by a judge that is not named; "
    "no number compares with yours"
)
_COLUMNS = ("hallucination_pct", "missed_pct", "meaning", "key_error_pct")


@dataclass(frozen=True, slots=True)
class PublishedJudgement:
    """One system, averaged over VOiCES and NOIZEUS."""

    system: str
    name: str
    values: Mapping[str, float]


def published_judgements() -> tuple[PublishedJudgement, ...]:
    """What is printed.

    >>> [(found.name, found.values["meaning"]) for found in published_judgements()]
    [('Qwen3-ASR', 71.3), ('Qwen3-ASR after SFT', 79.8), ('Mega-ASR', 86.4)]
    """
    path = resources.files("asrdiag.suites") / "published" / "judged.csv"
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    except OSError as error:
        raise AsrdiagError(f"{path}: cannot be read, though it comes with asrdiag: {error}") from error
    return tuple(
        PublishedJudgement(row["system"], row["name"], {name: float(row[name]) for name in _COLUMNS})
        for row in rows
    )
