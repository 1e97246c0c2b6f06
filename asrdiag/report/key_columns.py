"""Key content added up to what a row of a table says."""

from dataclasses import asdict
from typing import Any

from ..metrics import KeyContentCounts
from .numbers import percent


def key_columns(counts: KeyContentCounts) -> dict[str, Any]:
    """The columns of some answers; `key_content` has the counts of each kind, and is in no CSV.

    >>> from asrdiag.metrics import key_content, score_utterance
    >>> found = key_columns(key_content(score_utterance("do not pay twenty", "do pay twelve")).counts)
    >>> found["n_key_reference"], found["n_negation_flips"], found["key_recall_pct"]
    (2, 1, 0.0)
    >>> found["key_content"]["number"]
    {'kept': 0, 'changed': 1, 'lost': 0, 'introduced': 0}
    """
    total = counts.total
    return {
        "n_key_reference": total.reference,
        "n_key_hypothesis": total.hypothesis,
        "n_key_kept": total.kept,
        "key_recall_pct": percent(total.recall),
        "key_precision_pct": percent(total.precision),
        "n_negation_flips": counts.negation.errors,
        "n_number_errors": counts.number.errors,
        "n_date_errors": counts.date.errors,
        "n_keyword_errors": counts.keyword.errors,
        "n_name_errors": counts.name.errors,
        "key_content": asdict(counts),
    }
