"""Findings as JSON and CSV."""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..metrics import normalizer_name
from ..metrics.rewards import DGWGPOReward
from ..metrics.rewards.cases import Case
from ..metrics.rewards.groups import GROUP_COLUMNS, Groups, Summary, summarize
from ..metrics.rewards.probing import Criterion, Probe
from .session import Findings
from .slices import by_difficulty, by_step, by_temperature, difficulty

_COUNTS = ("step", *(name for name in GROUP_COLUMNS if name.startswith("n_")))


def inspection_data(
    findings: Findings, reward: DGWGPOReward, *, margin: float, k: int | None
) -> dict[str, Any]:
    """Everything `asrdiag rewards inspect` tells, as one JSON object."""
    found = findings.inspection

    def summaries(slices: Iterator[tuple[str, NDArray[np.bool_]]], name: str) -> list[dict[str, Any]]:
        return [{name: label, **asdict(summary(found.groups, chosen))} for label, chosen in slices]

    def summary(groups: Groups, chosen: NDArray[np.bool_]) -> Summary:
        return summarize(groups, chosen, margin=margin, k=k)

    return {
        "files": [str(path) for path in findings.files],
        "reward": reward_data(reward),
        "margin": margin,
        "summary": asdict(summary(found.groups, np.ones(len(found.groups.group), np.bool_))),
        "by_step": summaries(by_step(found.groups), "steps"),
        "by_temperature": summaries(by_temperature(found.groups), "temperature"),
        "by_difficulty": {
            "of": difficulty(found.groups),
            "grades": summaries(by_difficulty(found.groups), "grade"),
        },
        "correlation": found.correlation,
        "correlation_within_groups": found.correlation_within,
        "variance_shares": found.variance_shares,
        "pairs_against_by_cause": found.causes,
        "cases": [case_data(case) for case in found.cases],
        "logged_rewards": {
            "n": found.n_logged,
            "n_equal": found.n_logged_equal,
            "largest_difference": found.logged_difference,
        },
        "n_empty_reference": found.n_empty_reference,
        "n_groups_without_logged_reward": found.n_without_reward,
        "n_bad_lines": findings.n_bad_lines,
        "n_torn": findings.n_torn,
    }


def probe_data(
    findings: Findings, probe: Probe, reward: DGWGPOReward, criterion: Criterion
) -> dict[str, Any]:
    """Everything `asrdiag rewards probe` tells, as one JSON object."""
    return {
        "files": [str(path) for path in findings.files],
        "reward": reward_data(reward),
        "criterion": asdict(criterion) | {"k": probe.k},
        "temperatures": list(probe_rows(probe)),
        "chosen": probe.chosen,
        "reason": probe.reason,
        "not_told_apart": [
            {"temperature": temperature, "p_value": p_value}
            for temperature, p_value in probe.not_told_apart.items()
        ],
        "n_prompts_in_common": probe.n_prompts,
        "n_bad_lines": findings.n_bad_lines,
        "n_torn": findings.n_torn,
    }


def probe_rows(probe: Probe) -> Iterator[dict[str, Any]]:
    """A row for each temperature."""
    for level in probe.levels:
        row = {"temperature": level.temperature, **asdict(level.summary)}
        for name in ("potential", "preservation"):
            low, high = getattr(level, f"{name}_interval") or (None, None)
            row |= {f"{name}_low": low, f"{name}_high": high}
        yield row | {"refused": level.refused, "chosen": level.temperature == probe.chosen}


def probe_csv(probe: Probe) -> str:
    """The rows of a probe as CSV."""
    return _csv([list(row.values()) for row in probe_rows(probe)], list(next(probe_rows(probe))))


def groups_csv(groups: Groups) -> str:
    """A row for each group: where it is, its ids, and `GROUP_COLUMNS`; empty where there is no number."""
    columns = [
        [_cell(value, whole=name in _COUNTS) for value in groups.columns[name].tolist()]
        for name in GROUP_COLUMNS
    ]
    rows = zip(groups.where, groups.group, groups.prompt, *columns, strict=True)
    return _csv(rows, ["where", "group", "prompt", *GROUP_COLUMNS])


def reward_data(reward: DGWGPOReward) -> dict[str, Any]:
    """The parameters of a reward."""
    found = {field.name: getattr(reward, field.name) for field in fields(reward)}
    return found | {"normalizer": reward.normalizer and normalizer_name(reward.normalizer)}


def case_data(case: Case) -> dict[str, Any]:
    """A case as a JSON object, with its texts in full."""
    return {**asdict(case), "cause": case.cause}


def _cell(value: float, *, whole: bool) -> str:
    return "" if math.isnan(value) else f"{value:.0f}" if whole else f"{value:.6g}"


def _csv(rows: Any, header: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
