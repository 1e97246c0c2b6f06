"""What `asrdiag rewards inspect` shows on a terminal."""

from collections.abc import Callable, Iterator

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..metrics.rewards import DGWGPOReward
from ..metrics.rewards.cases import Case
from ..metrics.rewards.groups import Groups, Summary, summarize
from ..transcripts.lines import printable
from .cells import number, percent, ratio, shortened
from .session import Findings
from .slices import by_difficulty, by_step, by_temperature, difficulty

_REWARDS: tuple[tuple[str, Callable[[Summary], str]], ...] = (
    ("groups", lambda s: f"{s.n_groups}"),
    ("reward", lambda s: number(s.reward_mean)),
    ("spread", lambda s: number(s.spread)),
    ("flat", lambda s: percent(ratio(s.n_zero_variance, s.n_several))),
    ("tau-b", lambda s: number(s.tau_b, 2)),
    ("against", lambda s: percent(ratio(s.n_against, s.n_pairs))),
    ("valid", lambda s: percent(s.valid)),
)
_ERROR_RATES: tuple[tuple[str, Callable[[Summary], str]], ...] = (
    ("WER", lambda s: percent(s.wer_mean)),
    ("best", lambda s: percent(s.wer_best)),
    ("top", lambda s: percent(s.wer_of_top)),
    ("base", lambda s: percent(s.base_wer)),
)
_ONE_TABLE_WIDTH = 106
"""Columns of a terminal that hold all numbers side by side."""
_LEGEND = (
    "spread: standard deviation of the rewards in a group. flat: % of groups whose rewards are all the same. "
    "WER: mean over rollouts in %; best: the lowest of each group; top: that of its highest reward; base: of "
    "the base model. tau-b: how alike reward and WER rank a group, 1 for the same. against: % of pairs that "
    "the reward ranks against WER. valid: % neither empty, nor looping, nor cut at the token limit."
)
_LEGEND_OF_COMPONENTS = (
    "Pearson correlations over all rollouts, and of what is left in a group when its mean is taken off, "
    "which is what an advantage sees. variance: what a part adds to that of the rewards in a group."
)
_SHARES = {"r_static": "static", "r_fine": "fine", "r_struc": "struc"}


def render_inspection(
    findings: Findings, reward: DGWGPOReward, width: int, *, margin: float, k: int | None
) -> RenderableType:
    """Numbers over all groups and selections of them, the components, and the worst cases."""
    found = findings.inspection
    everything = np.ones(len(found.groups.group), np.bool_)
    total = summarize(found.groups, everything, margin=margin, k=k)
    parts: list[RenderableType] = [
        _title(findings, total, reward),
        *_numbers(found.groups, total, width, margin),
        Text(_LEGEND, style="dim"),
        *_remarks(total, margin),
        _components(findings),
        Text(_LEGEND_OF_COMPONENTS, style="dim"),
    ]
    causes = ", ".join(f"{name} {n}" for name, n in found.causes.items() if n)
    if total.n_against:
        share = percent(ratio(total.n_against, total.n_pairs))
        parts.append(
            Text(f"\n{total.n_against} of {total.n_pairs} pairs ({share} %) ranked against WER, by: {causes}")
        )
    parts += [_case(case, width) for case in found.cases]
    return Group(*parts, *(Text(note, style="yellow") for note in notes(findings, reward)))


def notes(findings: Findings, reward: DGWGPOReward) -> Iterator[str]:
    """What the reader should know of the data."""
    found = findings.inspection
    different = found.n_logged - found.n_logged_equal
    if different:
        yield (
            f"{different} of {found.n_logged} logged rewards are not what this reward computes (by up to "
            f"{found.logged_difference:.3g}): they were made with other parameters, or another reward; "
            "--logged ranks by them"
        )
    if found.n_empty_reference:
        yield f"{found.n_empty_reference} groups have a reference without a token"
    if found.n_without_reward:
        yield f"{found.n_without_reward} groups are left out: they have rollouts without a logged reward"


def _title(findings: Findings, total: Summary, reward: DGWGPOReward) -> Text:
    sizes = findings.inspection.groups.sizes
    each = f"{sizes.min()}" if sizes.min() == sizes.max() else f"{sizes.min()} to {sizes.max()}"
    files = printable(str(findings.files[0]))
    if len(findings.files) > 1:
        files += f" and {len(findings.files) - 1} more"
    temperatures = findings.inspection.groups.columns["temperature"]
    known = np.unique(temperatures[~np.isnan(temperatures)])
    at = f", temperature {', '.join(f'{value:g}' for value in known)}" if len(known) else ""
    greedy = findings.greedy
    base = f"; base: {len(greedy.group)} greedy rollouts" if greedy else ""
    of = f"tau {reward.tau:g}, alpha_s {reward.alpha_s:g}, alpha_dyn {reward.alpha_dyn:g}"
    off = [
        name for name in ("repetition", "refinement", "reconstruction", "gate") if not getattr(reward, name)
    ]
    of += ", clipped" if reward.clip else ""
    of += f", without {', '.join(off)}" if off else ""
    return Text.assemble(
        (files, "bold"),
        f"\n{total.n_groups} groups of {each} rollouts, {total.n_rollouts} in all{at}{base}"
        f"\nDG-WGPO reward, {of}",
    )


def _numbers(groups: Groups, total: Summary, width: int, margin: float) -> Iterator[Table]:
    rows: list[tuple[str, str, Summary | None]] = [("all", "bold", total)]
    by = "by base WER" if difficulty(groups) == "base_wer" else "by mean WER"
    for heading, slices in (
        ("by step", by_step(groups)),
        ("by temperature", by_temperature(groups)),
        (by, by_difficulty(groups)),
    ):
        found = [(label, "", summarize(groups, chosen, margin=margin)) for label, chosen in slices]
        if len(found) > 1:
            rows += [(heading, "bold", None), *found]
    rates = _ERROR_RATES if total.base_wer is not None else _ERROR_RATES[:-1]
    for columns in ((*_REWARDS, *rates),) if width >= _ONE_TABLE_WIDTH else (_REWARDS, rates):
        table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
        table.add_column("", no_wrap=True)
        for heading, _ in columns:
            table.add_column(heading, justify="right", no_wrap=True)
        for label, style, summary in rows:
            if summary is None:
                table.add_section()
            table.add_row(Text(label, style=style), *(cell(summary) for _, cell in columns if summary))
        yield table


def _remarks(total: Summary, margin: float) -> Iterator[Text]:
    flat = total.n_zero_variance
    if flat:
        other = flat - total.n_zero_exact - total.n_zero_same_text
        yield Text(
            f"\n{flat} of {total.n_several} groups have no variance and teach nothing: {total.n_zero_exact} "
            f"all right, {total.n_zero_same_text} one wrong text, {other} several texts of the same reward"
        )
    if total.n_use_known:
        yield Text(f"\nthe updates used {total.n_used} of {total.n_use_known} groups")
    cut = "not logged" if total.overlong is None else f"{percent(total.overlong)} %"
    unknown = (
        f" ({total.n_end_unknown} unknown)" if total.overlong is not None and total.n_end_unknown else ""
    )
    yield Text(
        f"\nrollouts empty {percent(total.empty)} %, in a loop {percent(total.loops)} %, cut at the token "
        f"limit {cut}{unknown}; of a group's transcripts {percent(total.distinct, 0)} % differ; they are "
        f"{number(total.length_ratio, 2)} times as long as the reference"
    )
    if total.potential is not None:
        points = f"{100 * margin:g} points"
        room = f"; {total.n_no_room} have no room for that" if total.n_no_room else ""
        yield Text(
            f"CPI {percent(total.potential)} %: groups whose best of {total.k} is {points} or more below the "
            f"base{room}\nBAP {percent(total.preservation)} %: groups whose highest reward is at most "
            f"{points} above it"
        )


def _components(findings: Findings) -> Table:
    found = findings.inspection
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("component", no_wrap=True)
    for heading in ("with reward", "in a group", "with WER", "in a group", "variance %"):
        table.add_column(heading, justify="right")
    everywhere, within = found.correlation, found.correlation_within
    for name in everywhere:
        if name not in ("reward", "wer"):
            part = _SHARES.get(name)
            table.add_row(
                name,
                *(
                    number(each[name][other], 2)
                    for other in ("reward", "wer")
                    for each in (everywhere, within)
                ),
                "" if part is None else percent(found.variance_shares[part], 0),
            )
    return table


def _case(case: Case, width: int) -> Text:
    added = sorted(case.causes.items(), key=lambda each: -abs(each[1]))
    terms = ", ".join(f"{name} {value:+.3f}" for name, value in added if abs(value) >= 0.0005)
    room = max(40, width - 12)
    who = f", {printable(case.sample_id)}" if case.sample_id else ""
    return Text.assemble(
        (f"\n{printable(case.where)}", "bold"),
        f"{who}: {case.cause}\n"
        f"  WER {percent(case.wer_preferred, 0)} % is preferred to {percent(case.wer_better, 0)} %, reward "
        f"{number(case.reward_preferred)} to {number(case.reward_better)}\n"
        f"  because   {terms}\n",
        f"  reference {shortened(case.reference, room)}\n"
        f"  preferred {shortened(case.preferred, room) or '(nothing)'}\n"
        f"  better    {shortened(case.better, room) or '(nothing)'}",
    )
