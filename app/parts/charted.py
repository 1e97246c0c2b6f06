"""Charts side by side, and what they show as numbers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import streamlit as st

from .. import location
from ..texts import count, markdown, shown
from .case_table import digest
from .plot import plot, target
from .report_charts import Drawn

Go = Callable[..., None]


def side_by_side(charts: Sequence[Drawn], name: str, go: Go, across: int = 2) -> None:
    """Draw charts; `go` is called with the target of a point that is chosen."""
    for chart, column in zip(charts, columns_of(len(charts), min(across, len(charts))), strict=True):
        with column:
            st.markdown(f"**{markdown(chart.name, 120)}**")
            selection = plot(chart.figure, name, shown(f"{chart.name}. {chart.caption}"))
            st.caption(markdown(chart.caption, 500))
        if (at := target(chart.figure, selection)) is not None:
            go(*at)


def columns_of(n: int, across: int) -> Iterator[Any]:
    """Places for so many charts, some side by side."""
    for first in range(0, n, across):
        yield from st.columns(across, gap="medium")[: n - first]


def numbers(name: str, columns: Mapping[str, Sequence[Any]], where: Sequence[Sequence[str]], go: Go) -> None:
    """What a chart shows as a table; `go` is called with the target of a row that is chosen.

    Args:
        name: of the table, within the page.
        columns: texts, and numbers, which get two decimals unless they are whole.
        where: the target of each row.
        go: leads there.
    """
    with st.expander(f"As numbers: {count(len(where), 'row')}"):
        chosen = st.dataframe(
            columns,
            key=location.key(f"{name}.{digest(where)}"),
            hide_index=True,
            on_select="rerun",
            selection_mode="single-row",
            placeholder="-",
            alt="What the charts show, as numbers",
            column_config={
                column: st.column_config.NumberColumn(format="%.2f")
                for column, values in columns.items()
                if any(isinstance(value, float) for value in values)
            },
        )["selection"]["rows"]
    if chosen:
        go(*where[chosen[0]])
