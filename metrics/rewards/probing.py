"""Sampling temperatures compared, on rollouts of the same prompts: which one to train at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..statistics.mcnemar import mcnemar
from .groups import Groups, Summary, potentials, summarize
from .measured import Values
from .potential import wilson_interval

GREEDY = 0.0
"""The temperature that stands for greedy decoding: the base, and no candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """How a temperature is chosen: of those that pass both limits, the one with the highest CPI.

    The paper names the three quantities, not how they are weighed; the limits are ours. They keep out
    temperatures that gain candidates by giving up what the base model can do.

    Raises:
        ValueError: A number is out of range.
    """

    margin: float = 0.05
    """d of CPI and BAP, in error rate."""
    least_preservation: float = 0.9
    """Lowest BAP."""
    least_valid: float = 0.98
    """Lowest share of valid outputs."""
    k: int | None = None
    """Candidates a prompt; `None` for the size of the smallest group."""

    def __post_init__(self) -> None:
        for name in ("margin", "least_preservation", "least_valid"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}, expected a number from 0 to 1")
        if self.k is not None and self.k < 1:
            raise ValueError(f"k is {self.k}, expected at least 1")


@dataclass(frozen=True, slots=True)
class Level:
    """One temperature."""

    temperature: float
    summary: Summary
    potential_interval: tuple[float, float] | None
    preservation_interval: tuple[float, float] | None
    """95 %, over prompts (Wilson)."""
    refused: str | None
    """Why it cannot be chosen; `None` if it can."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Temperatures in rising order, and which one to take."""

    levels: Sequence[Level]
    k: int | None
    """Candidates that CPI and BAP are for."""
    chosen: float | None
    reason: str
    not_told_apart: Mapping[float, float]
    """Other temperatures that could be chosen whose CPI does not differ significantly, with p values."""
    n_prompts: int
    """Prompts that were sampled at every temperature: what the p values are over."""


def with_greedy_base(groups: Groups, others: Groups) -> Groups:
    """Fill unknown base error rates in from `others` that are of the same prompt and at temperature 0."""
    base = groups.columns["base_wer"].copy()
    found: dict[str, list[float]] = {}
    for index in np.flatnonzero(others.columns["temperature"] == GREEDY).tolist():
        found.setdefault(others.prompt[index], []).append(float(others.columns["wer_mean"][index]))
    for index in np.flatnonzero(np.isnan(base)).tolist() if found else ():
        rates = found.get(groups.prompt[index])
        if rates:
            base[index] = sum(rates) / len(rates)
    return replace(groups, columns={**groups.columns, "base_wer": base})


def probe(groups: Groups, criterion: Criterion) -> Probe:
    """Compare the temperatures of some groups; groups without one are left out.

    Raises:
        ValueError: No group has a temperature.
    """
    groups = with_greedy_base(groups, groups)
    temperatures = groups.columns["temperature"]
    known = np.unique(temperatures[~np.isnan(temperatures)])
    if not len(known):
        raise ValueError("no group has a temperature")
    sampled = groups.columns["n_rollouts"][~np.isnan(temperatures) & (temperatures != GREEDY)]
    k = criterion.k if criterion.k is not None else int(sampled.min()) if len(sampled) else None
    levels = [_level(groups, float(value), criterion, k) for value in known]
    chosen, reason = _choose(levels, criterion)
    gains = potentials(groups, margin=criterion.margin, k=k)[0]
    by_prompt = [_by_prompt(groups, gains, level.temperature) for level in levels]
    sampled_at = [
        found for level, found in zip(levels, by_prompt, strict=True) if level.temperature != GREEDY
    ]
    common = set.intersection(*map(set, sampled_at)) if sampled_at else set()
    rivals: dict[float, float] = {}
    if chosen is not None and common:
        of_chosen = next(f for level, f in zip(levels, by_prompt, strict=True) if level.temperature == chosen)
        for level, found in zip(levels, by_prompt, strict=True):
            if level.refused is None and level.temperature != chosen:
                difference = np.array([of_chosen[name] - found[name] for name in sorted(common)])
                p_value = mcnemar(difference > 1e-9, difference < -1e-9).p_value
                if p_value > 0.05:
                    rivals[level.temperature] = p_value
    return Probe(levels, k, chosen, reason, rivals, len(common))


def _level(groups: Groups, temperature: float, criterion: Criterion, k: int | None) -> Level:
    chosen = groups.columns["temperature"] == temperature
    own = None if temperature == GREEDY else k
    summary = summarize(groups, chosen, margin=criterion.margin, k=own)

    def interval(share: float | None) -> tuple[float, float] | None:
        return None if share is None else wilson_interval(share, summary.n_potential)

    return Level(
        temperature,
        summary,
        interval(summary.potential),
        interval(summary.preservation),
        _refused(temperature, summary, criterion),
    )


def _refused(temperature: float, summary: Summary, criterion: Criterion) -> str | None:
    if temperature == GREEDY:
        return "greedy decoding: every rollout is the same"
    if summary.potential is None or summary.preservation is None:
        return "no base error rate" if not summary.n_base else f"fewer than {summary.k} rollouts a prompt"
    return (
        " and ".join(
            f"{name} {_percent(value)}, less than {_percent(least)}"
            for name, value, least in too_low(summary, criterion)
        )
        or None
    )


def too_low(summary: Summary, criterion: Criterion) -> list[tuple[str, float, float]]:
    """The shares that are below their limits: name, share and limit."""
    shares = (
        ("valid outputs", summary.valid, criterion.least_valid),
        ("BAP", summary.preservation, criterion.least_preservation),
    )
    return [(name, value, least) for name, value, least in shares if value is not None and value < least]


def _choose(levels: Sequence[Level], criterion: Criterion) -> tuple[float | None, str]:
    passed = [level for level in levels if level.refused is None]
    if not passed:
        reasons = "; ".join(f"{level.temperature:g}: {level.refused}" for level in levels)
        return None, f"no temperature can be chosen ({reasons})"

    def rank(level: Level) -> tuple[float, float, float]:
        summary = level.summary
        return round(summary.potential or 0, 9), round(summary.preservation or 0, 9), -level.temperature

    best = max(passed, key=rank)
    reason = (
        f"highest CPI ({_percent(best.summary.potential)}) of the {len(passed)} with BAP of at least "
        f"{_percent(criterion.least_preservation)} and valid outputs of at least "
        f"{_percent(criterion.least_valid)}"
    )
    return best.temperature, reason


def _by_prompt(groups: Groups, values: Values, temperature: float) -> dict[str, float]:
    """The mean for each prompt."""
    found: dict[str, list[float]] = {}
    for index in np.flatnonzero((groups.columns["temperature"] == temperature) & ~np.isnan(values)).tolist():
        found.setdefault(groups.prompt[index], []).append(float(values[index]))
    return {name: sum(each) / len(each) for name, each in found.items()}


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
