"""Results for other programs: one JSON document, or CSV with a row for each utterance."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import __version__
from ..metrics import ERROR_RATES, Diagnosis, confusions, is_soft
from ..metrics.confusion import ranked
from ..report.numbers import count_columns
from ..report.rows import to_csv
from .results import Results, Scored, Total

COLUMNS = (
    *("id", "language", "speaker", "metric", "normalizer", "reference", "hypothesis", "answered"),
    *("ref_tokens", "hits", "substitutions_soft", "substitutions_hard", "deletions", "insertions"),
    *("error_rate_pct", "lcs", "repetition_loop", "mode", "evidence", "alignment"),
    *("key_reference", "key_hypothesis", "key_kept", "key_errors", "key_flags"),
)
"""Of the CSV report; the factors asked for come after them."""


def to_document(results: Results) -> dict[str, Any]:
    """Everything there is to know, as JSON values; numbers that do not exist are null."""
    return {
        "schema": 1,
        "asrdiag": __version__,
        "files": [{"path": _path(file.path), "format": file.format} for file in results.files],
        "totals": [_total(total) | _errors(total) for total in results.totals],
        "groups": [
            {"factor": total.factor, "value": total.value, **_total(total)} for total in results.groups
        ],
        "missing": list(results.unmatched.missing),
        "unanswered": list(results.unanswered),
        "extra": list(results.unmatched.extra),
        "notes": list(results.unmatched.notes),
        "utterances": [_utterance(each) for each in results.scored],
    }


def to_json_text(results: Results) -> str:
    """The document as text: spread out for reading, but each utterance on a line of its own."""
    document = to_document(results)
    utterances = ",\n".join(f"    {_json(each)}" for each in document.pop("utterances"))
    head = _json(document, indent=2).removesuffix("\n}")
    return f'{head},\n  "utterances": [\n{utterances}\n  ]\n}}\n'


def to_csv_text(results: Results) -> str:
    """One row for each utterance, in the order of the references."""
    factors = dict.fromkeys(name for each in results.scored for name in each.pair.factors)
    extra = [name for name in factors if name not in COLUMNS]
    rows = ({**each.pair.factors, **_row(each)} for each in results.scored)
    return to_csv(rows, (*COLUMNS, *extra))


def _path(path: Path) -> str:
    """A path as text; names that are not UTF-8 can be on Linux, but not in JSON."""
    return os.fsencode(path).decode("utf-8", "replace")


def _json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)


def _total(total: Total) -> dict[str, Any]:
    return {**total.row(), "modes": asdict(total.modes)}


def _errors(total: Total) -> dict[str, Any]:
    found = confusions(total.answered)
    return {
        "confusions": {
            "substitutions": [
                {"reference": said, "hypothesis": heard, "soft": is_soft(said, heard), "count": count}
                for (said, heard), count in ranked(found.substitutions)
            ],
            "deletions": [{"reference": said, "count": count} for said, count in ranked(found.deletions)],
            "insertions": [
                {"hypothesis": heard, "count": count} for heard, count in ranked(found.insertions)
            ],
        }
    }


def _utterance(each: Scored) -> dict[str, Any]:
    score = each.score
    return {
        **_row(each),
        "factors": dict(each.pair.factors),
        "reference_tokens": list(score.reference_tokens),
        "hypothesis_tokens": None if score.hypothesis_tokens is None else list(score.hypothesis_tokens),
        "repetition_loop": None if score.loop is None else score.loop._asdict(),
        **_findings(each.diagnosis),
        "key_items": None if each.content is None else [item._asdict() for item in each.content.items],
        "names_by": each.names_by,
    }


def _findings(found: Diagnosis | None) -> dict[str, Any]:
    if found is None:
        return dict.fromkeys(_FINDINGS)
    truncation, switch = found.truncation, found.language_switch
    values = (
        [span._asdict() for span in found.omission_spans],
        [span._asdict() for span in found.fabricated_spans],
        [entity._asdict() for entity in found.entities],
        truncation and truncation._asdict(),
        switch and switch._asdict(),
        found.thresholds,
    )
    return dict(zip(_FINDINGS, values, strict=True))


_FINDINGS = (
    "omission_spans",
    "fabricated_spans",
    "entities",
    "truncation",
    "language_switch",
    "thresholds",
)


def _row(each: Scored) -> dict[str, Any]:
    pair, score, counts = each.pair, each.score, each.score.counts
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    row |= {
        "id": pair.id,
        "language": pair.language,
        "speaker": pair.factors.get("speaker"),
        "metric": ERROR_RATES[score.unit],
        "normalizer": score.normalizer,
        "reference": pair.reference,
        "hypothesis": pair.hypothesis,
        "answered": score.answered,
    }
    if counts is None or score.alignment is None or each.content is None:
        return row
    key = each.content.total
    return row | {
        **count_columns(counts),
        "lcs": counts.lcs,
        "repetition_loop": score.repetition_loop,
        "mode": each.diagnosis.mode if each.diagnosis else None,
        "evidence": each.diagnosis.evidence.text if each.diagnosis else None,
        "alignment": score.alignment.letters,
        "key_reference": key.reference,
        "key_hypothesis": key.hypothesis,
        "key_kept": key.kept,
        "key_errors": key.errors,
        "key_flags": " ".join(each.content.flags),
    }
