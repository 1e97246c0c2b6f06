"""From what the systems said to what we make of it: one cell's `scores.parquet` and `summary.json`.

Scores are derived: they can be made again at any time from `samples.jsonl`, which is only read here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .datasets.base import groups_of
from .diagnoses import diagnosis_row, diagnosis_types
from .errors import AsrdiagError
from .key_contents import key_arrays
from .metrics import (
    THRESHOLDS,
    Diagnosis,
    KeyContent,
    UtteranceScore,
    default_normalizer,
    diagnose,
    key_content,
    score,
    unit_for,
)
from .ner import RULES, find_names
from .report.aggregation import summary_rows
from .report.routes import FACTOR, route_of
from .report.tally import Tally
from .semantic.measured import Measured, measured_in
from .store.atomic import replacing, write_json
from .store.folder import RunFolder
from .store.log import read_log

SCORING = 5
"""Raised whenever the same transcripts get other scores or columns."""

_REQUIRED = {
    *("sample_id", "position", "subset", "language", "speaker", "factors"),
    *("audio", "source", "reference_raw", "hypothesis_raw", "error", "timing"),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample record with its score, and with its diagnosis if it was answered."""

    record: Mapping[str, Any]
    scored: UtteranceScore
    diagnosis: Diagnosis | None
    similarity: float | None = None
    """Of meaning, see `asrdiag.semantic`; `None` where it does not exist or is not measured."""
    content: KeyContent | None = None
    """What became of the key content, if it was answered."""
    names_by: str = RULES
    """What told the names in it."""


def latest_records(folder: RunFolder, key: str) -> dict[str, dict[str, Any]]:
    """A cell's sample records by sample id; the last one of an utterance counts, unless it withdraws it.

    Raises:
        AsrdiagError: a line is damaged or lacks a key; the message names file and line.
    """
    path = folder.samples(key)
    latest: dict[str, dict[str, Any]] = {}
    for number, record in enumerate(read_log(path), start=1):
        if record.get("withdrawn"):
            latest.pop(record.get("sample_id", ""), None)
        elif missing := _REQUIRED - record.keys():
            raise AsrdiagError(f"{path}:{number}: the record lacks {', '.join(sorted(missing))}")
        else:
            latest[record["sample_id"]] = record
    return latest


def is_scored(folder: RunFolder, key: str, cell: Mapping[str, Any]) -> bool:
    """Whether the cell's summary and scores are there and made from the samples as they are now."""
    if not (folder.scores(key).is_file() and folder.samples(key).is_file()):
        return False
    try:
        summary = folder.read_summary(key)
    except AsrdiagError:  # damaged; it is made anew
        return False
    return summary is not None and bool(summary["made_from"] == _made_from(folder, key, cell))


def score_cell(folder: RunFolder, key: str, cell: Mapping[str, Any]) -> dict[str, Any]:
    """Score a cell and write its `scores.parquet` and `summary.json`.

    Args:
        folder: the run directory.
        key: `system/dataset/condition`.
        cell: the cell's entry in `run.json`.

    Returns:
        The summary.

    Raises:
        AsrdiagError: the samples are damaged.
        SaveError: a file could not be written.
    """
    made_from = _made_from(folder, key, cell)
    records = sorted(latest_records(folder, key).values(), key=lambda record: record["position"])
    measured = measured_in(folder)
    samples = _score(records, cell, measured)
    _write_scores(folder, key, samples)
    identity = {
        name: cell[name]
        for name in ("system", "model_id", "model_revision", "dataset", "condition", "severity", "snr_db")
    }
    summary = {
        "schema": 1,
        "cell": key,
        "fingerprint": folder.read_identity(key)["fingerprint"],
        "made_from": made_from,
        "rows": [identity | row for row in _rows(samples, cell["n_expected"], _aggregates(cell))],
        "groups": [identity | row for row in _group_rows(samples, cell["groups"])],
    }
    for row in (*summary["rows"], *summary["groups"]):
        if measured is not None and "semantic_similarity" in row:
            row["semantic_model"] = measured.label
    write_json(folder.summary(key), summary)
    return summary


def _made_from(folder: RunFolder, key: str, cell: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "samples_bytes": folder.samples(key).stat().st_size,
        "normalizers": cell["normalizers"],
        "n_expected": cell["n_expected"],
        "groups": cell["groups"],
        "keywords": _keywords(cell),
        "ner": _ner(cell),
        "semantic": (measured := measured_in(folder)) and measured.identity(),
        "aggregates": _aggregates(cell),
        "thresholds": THRESHOLDS.version,
        "scoring": SCORING,
    }


def _keywords(cell: Mapping[str, Any]) -> list[str]:
    return list(cell.get("keywords", ()))  # runs from before suites had keywords have none


def _ner(cell: Mapping[str, Any]) -> list[str]:
    return list(cell.get("ner", ()))  # runs from before suites had pipelines have none


def _aggregates(cell: Mapping[str, Any]) -> dict[str, list[str]]:
    return dict(cell.get("aggregates", {}))  # runs from before datasets had aggregates have none


def _score(
    records: Sequence[Mapping[str, Any]], cell: Mapping[str, Any], measured: Measured | None
) -> list[Sample]:
    normalizers, keywords = cell["normalizers"], _keywords(cell)
    by_normalizer: dict[str, list[int]] = {}
    for index, record in enumerate(records):
        language = record["language"]
        name = normalizers.get(language) or default_normalizer(language)
        by_normalizer.setdefault(name, []).append(index)
    scored: dict[int, UtteranceScore] = {}
    similar: dict[int, float | None] = {}
    for name, indices in by_normalizer.items():
        chosen = [records[index] for index in indices]
        result = score(
            [record["reference_raw"] for record in chosen],
            [record["hypothesis_raw"] for record in chosen],
            language=[record["language"] for record in chosen],
            normalizer=name,
        )
        scored.update(zip(indices, result.utterances, strict=True))
        if measured is not None:
            similar.update(zip(indices, measured.similarities(chosen, name), strict=True))
    samples = []
    for index, (record, named) in enumerate(zip(records, find_names(records, _ner(cell)), strict=True)):
        diagnosis = diagnose(scored[index], keywords=keywords)
        content = key_content(scored[index], keywords=keywords, names=named.names, diagnosis=diagnosis)
        samples.append(Sample(record, scored[index], diagnosis, similar.get(index), content, named.by))
    return samples


def _rows(
    samples: Iterable[Sample],
    expected: Mapping[str, Mapping[str, int]],
    aggregates: Mapping[str, Sequence[str]],
) -> list[dict[str, Any]]:
    tallies = {
        (subset, language): Tally(unit_for(language), n_expected=count)
        for subset, languages in expected.items()
        for language, count in languages.items()
    }
    for sample in samples:
        subset, language = sample.record["subset"], sample.record["language"]
        tallies.setdefault((subset, language), Tally(sample.scored.unit)).add(sample)
    return summary_rows(tallies, aggregates)


def _group_rows(
    samples: Iterable[Sample], expected: Mapping[str, Mapping[str, Mapping[str, int]]]
) -> list[dict[str, Any]]:
    tallies = {
        (factor, value, language): Tally(unit_for(language), n_expected=count)
        for factor, values in expected.items()
        for value, languages in values.items()
        for language, count in languages.items()
    }
    for sample in samples:
        record = sample.record
        for factor, value in groups_of(record["factors"], record["speaker"]).items():
            if factor in expected:
                where = factor, value, record["language"]
                tallies.setdefault(where, Tally(sample.scored.unit)).add(sample)
        if (route := route_of(record)) is not None and FACTOR not in expected:
            tally = tallies.setdefault((FACTOR, route, record["language"]), Tally(sample.scored.unit))
            tally.n_expected += 1
            tally.add(sample)
    return [
        {"factor": factor, "value": value, "language": language, **tally.row()}
        for (factor, value, language), tally in tallies.items()
    ]


def _write_scores(folder: RunFolder, key: str, samples: Sequence[Sample]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist([_score_row(sample) for sample in samples], schema=_schema(pa))
    for name, array in key_arrays([sample.content for sample in samples], pa).items():
        table = table.append_column(name, array)
    with replacing(folder.scores(key)) as temporary:
        pq.write_table(table, temporary)


def _score_row(sample: Sample) -> dict[str, Any]:
    record, scored = sample.record, sample.scored
    row: dict[str, Any] = {
        "sample_id": record["sample_id"],
        "subset": record["subset"],
        "language": record["language"],
        "speaker": record["speaker"],
        "unit": scored.unit,
        "normalizer": scored.normalizer,
        "error_stage": record["error"] and record["error"]["stage"],
        "duration_s": record["audio"].get("duration_s"),
        "transcribe_s": record["timing"]["transcribe_s"],
        FACTOR: route_of(record),
    }
    counts = scored.counts
    if counts is None or scored.alignment is None or sample.diagnosis is None:
        return row
    return row | {
        "reference_tokens": scored.reference_tokens,
        "hypothesis_tokens": scored.hypothesis_tokens,
        "alignment": scored.alignment.letters,
        "correct": counts.correct,
        "substitutions_soft": counts.substitutions_soft,
        "substitutions_hard": counts.substitutions_hard,
        "deletions": counts.deletions,
        "insertions": counts.insertions,
        "lcs": counts.lcs,
        "error_rate": scored.error_rate,
        "repetition_loop": scored.repetition_loop,
        "empty": scored.empty,
        "semantic_similarity": sample.similarity,
        **diagnosis_row(sample.diagnosis),
    }


def _schema(pa: Any) -> Any:
    text, whole, real, flag = pa.string(), pa.int64(), pa.float64(), pa.bool_()
    return pa.schema(
        {
            **dict.fromkeys(("sample_id", "subset", "language", "speaker", "unit", "normalizer"), text),
            "error_stage": text,
            **dict.fromkeys(("duration_s", "transcribe_s"), real),
            FACTOR: text,
            **dict.fromkeys(("reference_tokens", "hypothesis_tokens"), pa.list_(text)),
            "alignment": text,
            **dict.fromkeys(("correct", "substitutions_soft", "substitutions_hard"), whole),
            **dict.fromkeys(("deletions", "insertions", "lcs"), whole),
            "error_rate": real,
            **dict.fromkeys(("repetition_loop", "empty"), flag),
            "semantic_similarity": real,
            **diagnosis_types(pa),
        }.items()
    )
