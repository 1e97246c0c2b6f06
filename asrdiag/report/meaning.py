"""Columns of the leaderboard that say something of meaning and of routing, shown where they have values."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Shown(NamedTuple):
    """How a table shows a column."""

    heading: str
    text: str
    decimals: int = 1


MEANING: Mapping[str, Shown] = {
    "key_recall_pct": Shown(
        "key rec", "negations, numbers, dates, keywords and names kept, in % of those said"
    ),
    "key_precision_pct": Shown("key prec", "the same, in % of those in the answers"),
    "n_negation_flips": Shown("neg", "negations lost or introduced", 0),
    "n_number_errors": Shown("num", "numbers changed, lost or introduced", 0),
    "semantic_similarity": Shown("similarity", "mean cosine of embeddings of reference and answer", 3),
    "n_judged": Shown("judged", "answers that a judge, or a rule, has judged", 0),
    "judge_meaning": Shown("meaning", "how much of the meaning a judge finds preserved, of 100"),
    "routed_share_pct": Shown("routed", "clips that the router gave to the adapted weights, in %"),
}


def present(rows: Sequence[Mapping[str, Any]]) -> dict[str, Shown]:
    """Those in which a row has a value.

    >>> list(present([{"judge_meaning": 80.0}, {"routed_share_pct": None}]))
    ['judge_meaning']
    """
    return {name: how for name, how in MEANING.items() if any(row.get(name) is not None for row in rows)}
