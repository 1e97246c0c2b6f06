"""What `asrdiag rewards probe` shows on a terminal."""

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..metrics.rewards.probing import GREEDY, Criterion, Level, Probe, too_low
from .cells import number, percent, ratio

_LEGEND = (
    "reward, WER (%): means over rollouts; best: the lowest WER of each group. spread: standard deviation of "
    "the rewards in a group. flat: % of groups whose rewards are all the same. valid: % neither empty, nor "
    "looping, nor cut at the token limit. CPI: % of prompts whose best of {k} is {margin:g} points or more "
    "below the base. BAP: % whose highest reward is at most {margin:g} points above it. 95 % intervals are "
    "over prompts."
)

_COLUMNS = ("T", "groups", "reward", "spread", "flat", "WER", "best", "valid", "CPI", "BAP", "")
_MEANS = _COLUMNS.index("CPI")
_ONE_TABLE_WIDTH = 118
"""Columns of a terminal that hold all of them side by side."""


def render_probe(probe: Probe, criterion: Criterion, width: int) -> RenderableType:
    """A row for each temperature, and the one to take."""
    parts: list[RenderableType] = []
    rows = [_cells(level, probe, criterion) for level in probe.levels]
    n = len(_COLUMNS)
    parted = [[*range(_MEANS)], [0, *range(_MEANS, n)]] if width < _ONE_TABLE_WIDTH else [[*range(n)]]
    for shown in parted:
        table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
        for column in shown:
            table.add_column(_COLUMNS[column], justify="right" if _COLUMNS[column] else "left", no_wrap=True)
        for level, row in zip(probe.levels, rows, strict=True):
            style = "bold" if level.temperature == probe.chosen else ""
            table.add_row(*(row[column] for column in shown), style=style)
        parts.append(table)
    legend = _LEGEND.format(k=probe.k or "the rollouts", margin=100 * criterion.margin)
    parts.append(Text(legend, style="dim"))
    if probe.chosen is None:
        parts.append(Text(f"\nnone: {probe.reason}", style="bold"))
    else:
        parts.append(Text(f"\ntemperature {probe.chosen:g}: {probe.reason}", style="bold"))
    if probe.not_told_apart:
        rivals = ", ".join(f"{value:g} (p = {p:.2f})" for value, p in probe.not_told_apart.items())
        parts.append(
            Text(
                f"{probe.n_prompts} prompts do not tell it apart, by CPI, from {rivals}; among these, choose "
                "by the share of flat groups and the spread"
            )
        )
    no_room = max(level.summary.n_no_room for level in probe.levels)
    if no_room:
        parts.append(
            Text(
                f"{no_room} prompts have a base WER below {100 * criterion.margin:g} %: no candidate can be "
                "that much better, so CPI cannot reach 100 %"
            )
        )
    parts += [Text(note, style="yellow") for note in _notes(probe)]
    return Group(*parts)


def _cells(level: Level, probe: Probe, criterion: Criterion) -> list[str]:
    summary = level.summary
    row = [
        f"{level.temperature:g}",
        f"{summary.n_groups}",
        number(summary.reward_mean),
        number(summary.spread),
        percent(ratio(summary.n_zero_variance, summary.n_several)),
        percent(summary.wer_mean),
        percent(summary.wer_best),
        percent(summary.valid),
    ]
    if level.temperature == GREEDY:
        return [*row, "-", "-", "greedy"]
    for share, interval in (
        (summary.potential, level.potential_interval),
        (summary.preservation, level.preservation_interval),
    ):
        ends = f" {f'({100 * interval[0]:.0f}-{100 * interval[1]:.0f})':>8}" if interval else ""
        row.append(percent(share) + ends)
    return [*row, "chosen" if level.temperature == probe.chosen else _refusal(level, criterion)]


def _refusal(level: Level, criterion: Criterion) -> str:
    summary = level.summary
    if level.refused is None or summary.preservation is None:
        return ""
    return f"{', '.join(name.split()[0] for name, _, _ in too_low(summary, criterion))} low"


def _notes(probe: Probe) -> list[str]:
    found = []
    sampled = [level for level in probe.levels if level.temperature != GREEDY]
    sizes = {level.summary.n_groups for level in sampled}
    if len(sizes) > 1 or (sizes and max(sizes) > probe.n_prompts > 0):
        found.append(
            f"the temperatures were not sampled for the same prompts ({probe.n_prompts} are in all of them): "
            "their numbers are not comparable"
        )
    if all(level.summary.n_base == 0 for level in sampled):
        found.append(
            "no base error rate is known, so there is no CPI and no BAP: log base_transcript or base_wer, or "
            "give a file of greedy rollouts at temperature 0 too"
        )
    return found
