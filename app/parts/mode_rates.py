"""Omission and hallucination: over tokens, and over answers beside that."""

from collections.abc import Sequence

import streamlit as st

from asrdiag.metrics import unit_name

from .. import location
from ..data.mode_tables import Row
from ..data.modes import RATES
from ..texts import shown
from .case_table import digest
from .mode_charts import spoken


def mode_rates(rows: Sequence[Row]) -> None:
    """Show the rates of each system, and what they mean; rows are those of `rate_rows`."""
    number = st.column_config.NumberColumn
    units = [unit_name(row["unit"]) for row in rows]
    st.dataframe(
        {
            "system": [shown(row["system"], 60) for row in rows],
            "answers": [row["answers"] for row in rows],
            **({"unit": units} if len(set(units)) > 1 else {}),
            **{name: [row[name] for row in rows] for name in ("token_omission_pct", "omission_pct")},
            "omission_ci": [_ends(row, "omission") for row in rows],
            **{
                name: [row[name] for row in rows] for name in ("token_hallucination_pct", "hallucination_pct")
            },
            "hallucination_ci": [_ends(row, "hallucination") for row in rows],
            **{name: [row[name] for row in rows] for name in ("loop_pct", "empty_pct")},
        },
        key=location.key(f"modes.rates.{digest(rows)}"),
        hide_index=True,
        column_config={
            "system": st.column_config.TextColumn("system", pinned=True, width=105),
            "answers": number("answers", width=62, format="%d"),
            "token_omission_pct": number("omitted tokens %", width=112, format="%.1f"),
            "omission_pct": number("omitting answers %", width=124, format="%.1f"),
            "omission_ci": st.column_config.TextColumn("95 %", width=88),
            "token_hallucination_pct": number("made-up tokens %", width=114, format="%.1f"),
            "hallucination_pct": number("hallucinating answers %", width=150, format="%.1f"),
            "hallucination_ci": st.column_config.TextColumn("95 %", width=88),
            "loop_pct": number("loops %", width=60, format="%.1f"),
            "empty_pct": number("empty %", width=62, format="%.1f"),
        },
        placeholder="-",
        alt="Rates of omission and hallucination, by system",
    )
    st.caption(
        "**Omitted tokens**: deletions in % of the reference's tokens. **Omitting answers**: those in the "
        f"modes {_listed('omission')}, in % of the answers. **Made-up tokens**: insertions and hard "
        "substitutions in % of the answers' tokens. **Hallucinating answers**: those in the modes "
        f"{_listed('hallucination')}. Over tokens an answer that is all made up counts as often as it "
        "has tokens, over answers once."
    )


def _listed(rate: str) -> str:
    *most, last = (spoken(mode) for mode in RATES[rate])
    return f"{', '.join(most)} and {last}"


def _ends(row: Row, rate: str) -> str:
    low, high = row[f"{rate}_low_pct"], row[f"{rate}_high_pct"]
    return "" if low is None else f"{low:.1f} to {high:.1f}"
