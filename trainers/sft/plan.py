"""What a recipe comes to on these rows: stages with their rows, steps and schedules."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asrdiag.errors import UsageError

from ..learning.pool import Pool
from ..wording import counted
from .order import Order, order
from .schema import Batch, SftRecipe
from .variants import Stage, stages


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """A stage, the rows that it sees, and its place in the whole."""

    stage: Stage
    number: int
    order: Order
    steps: int
    before: int
    """Steps of the stages before it."""
    warmup_steps: int

    def told(self) -> str:
        """One line."""
        rates = ", ".join(f"{part} {rate:g}" for part, rate in self.stage.learning_rates.items())
        below = self.stage.max_base_wer
        limit = "" if below is None else f" (base WER < {100 * below:g} %)"
        clean = f" and {self.order.n_clean} clean" if self.order.n_clean else ""
        seen = counted(len(self.order.rows), "row")
        return (
            f"{self.stage.name}: {counted(self.steps, 'step')} of {rates}; {seen}, drawn from "
            f"{self.order.n_degraded} degraded{limit}{clean}"
        )


def plan(recipe: SftRecipe, pool: Pool) -> tuple[PlannedStage, ...]:
    """The stages, in order.

    Raises:
        UsageError: no stage, or one of them, has rows to learn from.
    """
    found: list[PlannedStage] = []
    for number, stage in enumerate(stages(recipe.phases, recipe.variant)):
        drawn = order(pool.known, stage, recipe.train, recipe.batch, [recipe.seed, number])
        if not len(drawn.rows) or (not drawn.n_degraded and not pool.known.clean.all()):
            limit = stage.max_base_wer or recipe.train.max_base_wer
            raise UsageError(
                f"{pool.rows.path}: stage {stage.name} has no rows: no degraded one has a base_wer below "
                f"{limit:g}, or too few of them for {stage.epochs:g} epochs"
            )
        steps = math.ceil(len(drawn.rows) / recipe.batch.size)
        before = found[-1].before + found[-1].steps if found else 0
        warmup = math.floor(steps * stage.warmup_ratio)
        found.append(PlannedStage(stage, number, drawn, steps, before, warmup))
    return tuple(found)


def left_out(recipe: SftRecipe, pool: Pool) -> list[str]:
    """What is not trained on, a line for each reason."""
    known, train = pool.known, recipe.train
    found = []
    if hard := int((known.base_wer[~known.clean] >= train.max_base_wer).sum()):
        found.append(
            f"{counted(hard, 'row', are=True)} left out: base_wer is not below train.max_base_wer "
            f"{train.max_base_wer:g}"
        )
    ungraded = int(np.isnan(known.base_wer[~known.clean]).sum())
    if ungraded and train.ungraded == "skip":
        found.append(
            f"{counted(ungraded, 'row', are=True)} left out: no base_wer is given (train.ungraded: skip)"
        )
    if train.clean_share and not known.clean.any():
        found.append(f"train.clean_share is {train.clean_share:g}, but no row is clean (meta.scenario)")
    return [*pool.told_skipped(), *(f"{pool.rows.path.name}: {line}" for line in found)]


def accumulation(batch: Batch, n_processes: int) -> int:
    """How many batches make a step on each of several devices.

    Raises:
        ValueError: the step's rows cannot be shared out evenly.

    >>> accumulation(Batch(size=128, per_device=8), n_processes=2)
    8
    """
    at_once = batch.per_device * n_processes
    if batch.size % at_once:
        raise ValueError(
            f"found {batch.size}, expected a multiple of {at_once}: per_device {batch.per_device} on "
            f"{n_processes} device(s)"
        )
    return batch.size // at_once


def total_steps(planned: Sequence[PlannedStage]) -> int:
    return planned[-1].before + planned[-1].steps
