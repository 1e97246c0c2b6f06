"""Answers at several temperatures, in a rollout log that an interrupted probe goes on from."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import torch
from accelerate import PartialState

from asrdiag.cli.output import as_text, out
from asrdiag.errors import UsageError
from asrdiag.metrics.rewards.probing import GREEDY, Criterion, probe
from asrdiag.rollouts.log import RolloutLog
from asrdiag.rollouts.reading import BadLine, read_rollouts

from ..learning.folder import TrainFolder
from ..learning.identity import identity
from ..learning.pool import Pool, clip_limits
from ..learning.rows_of_recipe import open_rows
from ..progress import TrainDisplay
from ..recipe import LoadedRecipe
from ..rl.clock import Clock
from ..rl.draws import Draws
from ..rl.opening import OpenedPolicy, open_policy
from ..rl.records import as_rollouts
from ..rl.rewarding import make_rules
from ..rl.sampling import Sampler
from ..rl.schema import RlRecipe


def sample(
    loaded: LoadedRecipe[RlRecipe],
    folder: TrainFolder | None,
    display: TrainDisplay,
    device: str,
    *,
    temperatures: Sequence[float],
    n_clips: int,
) -> Path | None:
    """Sample K answers to the same clips at each temperature, and one greedily: the base.

    Each batch of clips has random numbers of its own, so that an interrupted probe ends as an undisturbed
    one does; temperatures may be added later.

    Args:
        loaded: the recipe: its model, rows, sampling and rewards by rule.
        folder: where it is written to, locked; `None`: nothing is sampled.
        display: told how far it is.
        device: of the model.
        temperatures: above 0.
        n_clips: at most so many, drawn as the training would.

    Returns:
        The log; `None` without a folder.

    Raises:
        UsageError: the model, the rows or the folder cannot be used.
    """
    recipe = loaded.recipe
    if PartialState().num_processes > 1:
        raise UsageError("a probe runs on one device; start it without accelerate launch")
    opened = open_policy(recipe, device)
    if folder is not None:
        folder.begin(identity(loaded) | {"probe": {"clips": n_clips}}, loaded.content)
    unvalidated = recipe.model_copy(update={"validation": None})
    with closing(open_rows(unvalidated, recipe.train.rows, opened.policy.family, folder, display)) as rows:
        return _sample(
            recipe, opened, rows.train, folder, display, temperatures=temperatures, n_clips=n_clips
        )


def _sample(
    recipe: RlRecipe,
    opened: OpenedPolicy,
    pool: Pool,
    folder: TrainFolder | None,
    display: TrainDisplay,
    *,
    temperatures: Sequence[float],
    n_clips: int,
) -> Path | None:
    clips = _clips(Draws(pool, recipe.train.enrich, recipe.seed), n_clips)
    levels = [GREEDY, *sorted(set(temperatures))]
    k = recipe.groups.rollouts
    display.note(
        f"{len(clips)} clips, {k} answers to each at {', '.join(f'{each:g}' for each in levels[1:])}, "
        "and one greedily"
    )
    if folder is None:
        return None
    path = folder.path / "rollouts.jsonl"
    with RolloutLog(path) as log:
        done = {found.group.group for found in read_rollouts(path) if not isinstance(found, BadLine)}
        names = {(level, clip): f"{level:g}-{clip}" for level in levels for clip in clips}
        display.begin(len(names), sum(name in done for name in names.values()), unit="groups")
        at_once = recipe.groups.decode_at_once
        opened.writer.take_up()
        for level in levels:
            sampler = Sampler(
                at_temperature(recipe, level),
                opened,
                pool,
                make_rules(recipe.reward),
                clip_limits(recipe.limits),
            )
            for first in range(0, len(clips), at_once):
                batch = clips[first : first + at_once]
                left = [clip for clip in batch if names[level, clip] not in done]
                if not left:
                    continue
                torch.manual_seed(recipe.seed * 1009 + round(level * 1e4) * 100_003 + first)
                for clip, group in zip(batch, sampler.groups(batch, Clock()), strict=True):
                    if clip in left:
                        # The base is what this model says, not the system that graded the rows.
                        found = as_rollouts(group, names[level, clip], level)
                        log.append(replace(found, base_transcript=None, base_wer=None))
                display.advance(f"temperature {level:g}", steps=len(left))
    return path


def report(recipe: RlRecipe, log: Path, criterion: Criterion) -> int:
    """Say what the answers tell; the exit status is 1 if no temperature will do."""
    from asrdiag.rollouts.probe_table import render_probe
    from asrdiag.rollouts.session import Question, look_into

    findings = look_into([log], Question(make_rules(recipe.reward), n_cases=0))
    groups = findings.inspection.groups
    found = probe(groups.joined(findings.greedy) if findings.greedy else groups, criterion)
    out(as_text(lambda console: render_probe(found, criterion, console.width)).rstrip("\n"))
    out(f"\n{log}: for asrdiag rewards probe, asrdiag rewards inspect and the explorer")
    if found.chosen is None:
        return 1
    out(f"\nTrain with: --set sampling.temperature={found.chosen:g}")
    return 0


def at_temperature(recipe: RlRecipe, temperature: float) -> RlRecipe:
    """The recipe, sampling at another temperature; at 0 a single answer, as the model itself decodes."""
    sampling, groups = {"temperature": temperature}, {}
    if temperature == GREEDY:
        sampling["repetition_penalty"] = 1.0
        groups["rollouts"] = 1
    return recipe.model_copy(
        update={
            "sampling": recipe.sampling.model_copy(update=sampling),
            "groups": recipe.groups.model_copy(update=groups),
        }
    )


def _clips(draws: Draws, most: int) -> list[int]:
    """The first different clips of the training's draws."""
    found: dict[int, None] = {}
    for _ in range(2 * draws.round_size):
        found[next(draws)] = None
        if len(found) == most:
            break
    return list(found)
