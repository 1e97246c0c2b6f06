"""The recipe's phases taken in another way, so that what each idea is worth can be measured.

Every variant sees about as many rows as the recipe as it is written, and each part learns at the rate that
the recipe gives it (the higher one, where phases differ).

- `a2s`: the phases as they are written.
- `no-curriculum`: every stage of a curriculum sees all its rows at once.
- `llm-first`: the phases that train the decoder alone come before all others.
- `joint`: every phase trains all parts.
- `plain`: all parts from the first step, and no curriculum.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..learning.model_recipe import rates_by_part
from .schema import Phase, Variant

DECODER = "decoder"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stretch of training with an optimiser and a schedule of its own."""

    name: str
    learning_rates: Mapping[str, float]
    max_base_wer: float | None
    """Only degraded rows on which the base system does better take part; `None`: as `train` says."""
    highest: float | None
    """The last limit of the phase: its `rows` are chosen among the degraded ones below it."""
    rows: int | None
    epochs: float
    seen_as: tuple[float | None, ...]
    """As many rows are seen as in stages with these limits."""
    warmup_ratio: float


def stages(phases: Sequence[Phase], variant: Variant) -> tuple[Stage, ...]:
    """The stages of a recipe, in order.

    >>> phase = Phase(name="acoustic", learning_rates={"encoder": 1e-6}, curriculum=(0.3, 0.5), epochs=2.0)
    >>> [(stage.name, stage.max_base_wer) for stage in stages([phase], "a2s")]
    [('acoustic-1', 0.3), ('acoustic-2', 0.5)]
    >>> [(stage.name, stage.max_base_wer, stage.seen_as) for stage in stages([phase], "no-curriculum")]
    [('acoustic', 0.5, (0.3, 0.5))]
    """
    chosen = list(phases)
    if variant == "llm-first":
        chosen.sort(key=lambda phase: set(rates_by_part(phase.learning_rates)) != {DECODER})
    highest: dict[str, float] = {}
    for phase in phases:
        for part, rate in rates_by_part(phase.learning_rates).items():
            highest[part] = max(rate, highest.get(part, 0.0))
    found: list[Stage] = []
    for phase in chosen:
        rates = highest if variant in ("joint", "plain") else rates_by_part(phase.learning_rates)
        limits = phase.curriculum or (None,)
        at_once = variant in ("no-curriculum", "plain")
        groups = [tuple(limits)] if at_once else [(limit,) for limit in limits]
        for number, group in enumerate(groups, start=1):
            found.append(
                Stage(
                    name=phase.name if len(groups) == 1 else f"{phase.name}-{number}",
                    learning_rates=rates,
                    max_base_wer=group[-1],
                    highest=limits[-1],
                    rows=phase.rows,
                    epochs=phase.epochs,
                    seen_as=group,
                    warmup_ratio=phase.warmup_ratio,
                )
            )
    return tuple(found)
