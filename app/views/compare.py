"""Compare: two systems, of one run or of two, on the samples that both answered."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from asrdiag.app import location, opened, results
from asrdiag.app.colours import Style, styles
from asrdiag.app.data.index import Index
from asrdiag.app.data.pairs import Compared, Pairs, Side, gaps_of, rates_of
from asrdiag.app.data.rows import measured
from asrdiag.app.parts.difference_chart import differences_chart
from asrdiag.app.parts.filter_bar import cell_filters
from asrdiag.app.parts.links import to_cases
from asrdiag.app.parts.messages import empty
from asrdiag.app.parts.pair_charts import HIGHEST, inside, rates_chart, shares_chart
from asrdiag.app.parts.pair_table import chosen_table, difference_tables
from asrdiag.app.parts.plot import plot, target, targets
from asrdiag.app.parts.region import forget_region, keep_region, kept_region, told
from asrdiag.app.parts.verdict import group_table, tests, verdict
from asrdiag.app.texts import count, markdown, shown
from asrdiag.report.page.chart import NAMES

_BY = ("condition", "subset", "language", "speaker")
_MOST_GROUPS = 40
"""Of more the table has all, the chart the first."""


def page() -> None:
    """Draw the page."""
    st.title("Compare")
    rows = measured(opened.rows())
    sides = _sides(rows)
    if len(sides) < 2:
        empty(
            "Comparing takes two systems with scores.",
            "Open a run of several, or two runs: `asrdiag explore RUN RUN`.",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        two = _choose_two(sides)
        of = _choose_dataset(rows, two)
    if of is None:
        empty(
            f"{markdown(two[0].name)} and {markdown(two[1].name)} have no scored dataset in common.",
            "Choose two others, or run both on the same dataset.",
        )
        return
    dataset, metric = of
    conditions = _conditions(rows, two, dataset, metric)
    if not conditions:
        empty(
            f"The two have no condition of {markdown(dataset)} in common that passes the filters.",
            "Choose other conditions in the sidebar, or two other systems.",
        )
        return
    pairs = results.pairs(two, dataset, metric, conditions)
    _counted(pairs, two, conditions)
    if not len(pairs):
        empty(
            "No sample was answered by both under the same condition.",
            "Samples are matched by their ids within dataset and condition.",
        )
        return
    right = _side_by_side(opened.index(), pairs, two, metric)
    _differences(opened.index(), pairs, two)
    st.subheader("Where they differ")
    by = location.select("By", "compare.by", _present(opened.index(), pairs), width=240)
    # Last, since it takes longest: the rest of the page is there meanwhile.
    found = results.comparison(two, dataset, metric, conditions, by)
    _groups(two, of, found, by)
    with right:
        if found.whole is not None:
            verdict(found.whole)
            tests(found.whole)


def _sides(rows: Sequence[dict[str, Any]]) -> dict[str, Side]:
    """The systems with scores, by what they are called in the URL."""
    return {
        f"{row['run_name']}/{row['system']}": Side(row["called"], row["run_name"], row["system"])
        for row in rows
    }


def _choose_two(sides: dict[str, Side]) -> tuple[Side, Side]:
    def name(key: str) -> str:
        return shown(sides[key].name, 60)

    first = location.select("A", "compare.a", list(sides), shown=name, width=240)
    others = [key for key in sides if key != first]
    second = location.select("B", "compare.b", others, shown=name, width=240)

    def swap() -> None:
        location.choose("compare.a", second)
        location.choose("compare.b", first)
        forget_region()

    st.button("Swap", icon=":material/swap_horiz:", on_click=swap, key="compare.swap")
    return sides[first], sides[second]


def _choose_dataset(rows: Sequence[dict[str, Any]], two: tuple[Side, Side]) -> tuple[str, str] | None:
    """A dataset that both have scores of, and the metric."""
    known = [
        dict.fromkeys(
            (row["dataset"], row["metric"])
            for row in rows
            if (row["run_name"], row["system"]) == (side.run, side.system)
        )
        for side in two
    ]
    common = {
        f"{dataset} {metric}": (dataset, metric)
        for dataset, metric in known[0]
        if (dataset, metric) in known[1]
    }
    if not common:
        return None
    name = location.select(
        "Dataset",
        "compare.dataset",
        list(common),
        shown=lambda name: f"{shown(common[name][0], 60)} · {NAMES[common[name][1]]}",
        width=240,
    )
    return common[name]


def _conditions(
    rows: Sequence[dict[str, Any]], two: tuple[Side, Side], dataset: str, metric: str
) -> tuple[str, ...]:
    """The conditions that both have scores under and that pass the filter."""
    known = [
        dict.fromkeys(
            row["condition"]
            for row in rows
            if (row["run_name"], row["system"], row["dataset"], row["metric"])
            == (side.run, side.system, dataset, metric)
        )
        for side in two
    ]
    common = [condition for condition in known[0] if condition in known[1]]
    with st.sidebar:
        wanted = cell_filters({"condition": common}).of("condition")
    return tuple(condition for condition in common if not wanted or condition in wanted)


def _present(index: Index, pairs: Pairs) -> list[str]:
    """What the pairs can be broken down by: condition, and whatever has several values."""
    found = ["condition"]
    for column in _BY[1:]:
        codes = index.labels[column].codes[pairs.first]
        if len(codes) and (codes != codes[0]).any():
            found.append(column)
    return found


def _counted(pairs: Pairs, two: tuple[Side, Side], conditions: Sequence[str]) -> None:
    """What is compared, and what could not be."""
    parts = [f"{count(len(pairs), 'pair')} of answers under {count(len(conditions), 'condition')}"]
    for only, unanswered, side in (
        (pairs.only_first, pairs.unanswered_first, two[0]),
        (pairs.only_second, pairs.unanswered_second, two[1]),
    ):
        if only:
            parts.append(f"only {markdown(side.name)} has {count(only, 'more sample')}")
        if unanswered:
            parts.append(f"{markdown(side.name)} has no answer to {unanswered:,}")
    st.caption(" · ".join(parts))
    if pairs.other_references:
        names = ", ".join(markdown(name, 60) for name in pairs.other_references[:5])
        more = f" and {len(pairs.other_references) - 5} more" if len(pairs.other_references) > 5 else ""
        st.warning(
            f"Not compared: {names}{more}. The two have other references or normalisers there; "
            "`asrdiag score` makes them alike if the data is the same.",
            icon=":material/difference:",
        )


def _side_by_side(index: Index, pairs: Pairs, two: tuple[Side, Side], metric: str) -> Any:
    """The scatter of rates, and who made fewer errors; returns where the tests belong."""
    names = two[0].name, two[1].name
    first, second = rates_of(index, pairs)
    known = ~(np.isnan(first) | np.isnan(second))
    how = _styles(two)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader(f"{NAMES[metric]} of each sample")
        figure = rates_chart(first[known], second[known], names, how)
        selection = plot(
            figure, "compare.rates", f"Rates of {shown(names[0])} and {shown(names[1])}", ("points", "box")
        )
        keep_region(targets(figure, selection), names)
        said = f"Above the dashed line {markdown(names[0])} did better, below it {markdown(names[1])}. "
        said += f"Rates above {HIGHEST:.0f} % are at the edge. Choose a point, or a box with the tool above "
        said += "the chart, to see the pairs."
        if not known.all():
            said += f" {count(int((~known).sum()), 'pair')} with empty references not drawn."
        st.caption(said)
    with right:
        st.subheader("Fewer errors")
        gaps = gaps_of(index, pairs)
        wins = int((gaps < 0).sum()), int((gaps == 0).sum()), int((gaps > 0).sum())
        told = f"{shown(names[0])} {wins[0]}, same {wins[1]}, {shown(names[1])} {wins[2]}"
        plot(shares_chart(wins, how), "compare.shares", f"Fewer errors: {told}", ())
        st.caption(
            f"{markdown(names[0])} made fewer errors in {wins[0]:,} answers, {markdown(names[1])} in "
            f"{wins[2]:,}, and in {wins[1]:,} both made as many."
        )
        return st.container()


def _styles(two: tuple[Side, Side]) -> tuple[Style, Style]:
    how = styles(list(results.systems()))
    return how[two[0].name], how[two[1].name]


def _differences(index: Index, pairs: Pairs, two: tuple[Side, Side]) -> None:
    region = kept_region()
    if region is None:
        st.subheader("Largest differences")
        difference_tables(index, pairs, two)
        return
    first, second = rates_of(index, pairs)
    chosen = inside(np.nan_to_num(first, nan=-1.0), np.nan_to_num(second, nan=-1.0), region)
    st.subheader("Chosen pairs")
    told(region, int(chosen.sum()), (two[0].name, two[1].name))
    chosen_table(index, pairs, two, chosen)


def _groups(two: tuple[Side, Side], of: tuple[str, str], found: Compared, by: str) -> None:
    if found.groups:
        rows = found.groups[:_MOST_GROUPS]
        how = dict(zip((two[0].name, two[1].name), _styles(two), strict=True))
        figure = differences_chart(rows, how)
        selection = plot(figure, f"compare.groups.{by}", f"Differences by {by}")
        st.caption(
            "Differences of the error rates with 95 % intervals; to the right B is better. Filled points: "
            "beyond chance, corrected for all rows (Holm)."
            + (f" The first {len(rows)} of {len(found.groups)}." if len(rows) < len(found.groups) else "")
        )
        chosen = group_table(found.groups, by)
        if (at := target(figure, selection)) is not None:
            chosen = at[0]
        if chosen is not None:
            columns = {"system": [side.system for side in two], "dataset": [of[0]], by: [chosen]}
            to_cases(two[0].run if two[0].run == two[1].run else "", columns)
    for note in found.notes:
        st.caption(markdown(note, 500))


if __name__ == "__main__":
    page()
