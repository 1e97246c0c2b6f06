"""A router held against labelled clips: by side, severity and scenario, and how far it can be believed."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from asrdiag.errors import UsageError
from asrdiag.routing.router import Router, probabilities

from ..data.clips import ClipRefused
from .examples import Examples
from .listening import Listener, Refusal
from .measures import Flags, Floats, Share, auc, quarters, reliability, share

CHUNK = 64
COLUMNS = (
    "set",
    "group",
    "value",
    "n_clean",
    "n_degraded",
    "accuracy_pct",
    "accuracy_low_pct",
    "accuracy_high_pct",
    "auc",
    "auc_low",
    "auc_high",
    "ece",
)
"""Of `evaluation.csv`. A group by severity or scenario has degraded clips alone: their accuracy is the share
that was found out, their AUC is against all clean clips of the set."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a router made of clips; arrays of shape [n_clips], severity NaN where it is not known."""

    ids: tuple[str, ...]
    logits: Floats
    """Of degraded less clean, at temperature 1."""
    degraded: Flags
    severity: Floats
    scenario: tuple[str | None, ...]
    refusals: tuple[Refusal, ...]


def judge(
    router: Router, examples: Examples, listener: Listener, advance: Callable[[int], None] = lambda _: None
) -> Judged:
    """Have a router hear every example; what cannot be heard is among the refusals.

    Args:
        router: its temperature is taken out again.
        examples: simulated ones are heard in their first version.
        listener: reads them.
        advance: told how many more were heard.
    """
    ids: list[str] = []
    logits: list[float] = []
    degraded: list[bool] = []
    severity: list[float] = []
    scenario: list[str | None] = []
    refusals: list[Refusal] = []
    for first in range(0, len(examples), CHUNK):
        clips = []
        chunk = range(first, min(first + CHUNK, len(examples)))
        for index in chunk:
            example = examples[index]
            try:
                heard = listener.hear(example)
            except ClipRefused as error:
                refusals.append(Refusal(example.id, error.reason, error.detail))
                continue
            clips.append(heard.samples)
            ids.append(example.id)
            degraded.append(example.degraded)
            severity.append(np.nan if heard.severity is None else heard.severity)
            scenario.append(heard.scenario)
        logits += (router.logits(clips) * router.config.temperature).tolist() if clips else []
        advance(len(chunk))
    return Judged(
        tuple(ids),
        np.array(logits, dtype=np.float64),
        np.array(degraded, dtype=np.bool_),
        np.array(severity, dtype=np.float64),
        tuple(scenario),
        tuple(refusals),
    )


def require_judged(judged: Judged, name: str) -> None:
    """Make sure that clips of both sides were heard.

    Raises:
        UsageError: they were not; the message says why.
    """
    n_degraded = int(judged.degraded.sum())
    if not 0 < n_degraded < len(judged.ids):
        raise UsageError(
            f"{name}: of its clips {len(judged.ids) - n_degraded} clean and {n_degraded} degraded ones could "
            f"be heard, expected some of each; refused: {reasons(judged.refusals)}"
        )


def rows(name: str, judged: Judged, temperature: float, threshold: float) -> Iterator[dict[str, Any]]:
    """The rows of `evaluation.csv`: all clips, each side, quarters of the severity, scenarios.

    Args:
        name: of the set.
        judged: what the router made of it.
        temperature: by which its logits are divided.
        threshold: the p(degraded) from which a clip counts as degraded.
    """
    scaled = judged.logits / temperature
    taken = np.array(probabilities(scaled)) >= threshold  # as a routed system decides
    right, clean = taken == judged.degraded, ~judged.degraded
    every = np.ones(len(right), dtype=np.bool_)
    groups: list[tuple[str, str, Flags]] = [("all", "", every)]
    if clean.any():
        groups.append(("side", "clean", clean))
    if judged.degraded.any():
        groups.append(("side", "degraded", judged.degraded))
    groups += [
        ("severity", value, inside & judged.degraded) for value, inside in quarters(judged.severity).items()
    ]
    named = np.array([found or "" for found in judged.scenario])
    groups += [
        ("scenario", value, (named == value) & judged.degraded)
        for value in sorted(set(named[judged.degraded]) - {""})
    ]
    for group, value, inside in groups:
        if not inside.any():
            continue
        accuracy = share(int(right[inside].sum()), int(inside.sum()))
        against = inside | clean if inside[judged.degraded].any() else inside
        curve = auc(judged.logits[against], judged.degraded[against])
        yield {
            "set": name,
            "group": group,
            "value": value,
            "n_clean": int((inside & clean).sum()),
            "n_degraded": int((inside & judged.degraded).sum()),
            **_percent("accuracy", accuracy),
            "auc": curve.value,
            "auc_low": curve.low,
            "auc_high": curve.high,
            "ece": reliability(scaled, judged.degraded)[1] if group == "all" else None,
        }


def reliability_rows(name: str, judged: Judged, temperature: float) -> Iterator[dict[str, Any]]:
    """The rows of `reliability.csv`, before and after the temperature."""
    for used in dict.fromkeys((1.0, temperature)):
        for found in reliability(judged.logits / used, judged.degraded)[0]:
            yield {
                "set": name,
                "temperature": used,
                "p_from": found.low,
                "p_to": found.high,
                "n": found.n,
                "mean_p": found.mean_p,
                "degraded_share": found.degraded_share,
            }


RELIABILITY_COLUMNS = ("set", "temperature", "p_from", "p_to", "n", "mean_p", "degraded_share")


def reasons(refusals: Sequence[Refusal]) -> dict[str, int]:
    """How many clips were refused for which reason.

    >>> reasons([Refusal("a", "nan_audio", ""), Refusal("b", "too_long", ""), Refusal("c", "nan_audio", "")])
    {'nan_audio': 2, 'too_long': 1}
    """
    return dict(Counter(refusal.reason for refusal in refusals).most_common())


def _percent(name: str, found: Share) -> dict[str, float | None]:
    values = {"": found.value, "_low": found.low, "_high": found.high}
    return {f"{name}{end}_pct": None if value is None else 100 * value for end, value in values.items()}
