"""A step's groups: answers to clips, until enough of them differ in what they are worth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from asrdiag.engines.transformers.families.base import RATE_HZ
from asrdiag.errors import AsrdiagError, SampleError
from asrdiag.metrics.rewards.base import Term

from ..data.clips import Limits, read_clip
from ..data.line import TrainingRow
from ..learning.pool import Pool
from .advantages import group_advantages, varied
from .clock import Clock
from .draws import Draws
from .opening import OpenedPolicy
from .policies import Sampling
from .policies.base import Prompt
from .rewarding import reward_groups
from .schema import RlRecipe


@dataclass(frozen=True, slots=True)
class Group:
    """The answers to one clip."""

    row: TrainingRow
    prompt: Prompt
    answers: tuple[tuple[int, ...], ...]
    """Tokens, each with its end marker where it has one."""
    written: tuple[str, ...]
    transcripts: tuple[str, ...]
    rewards: npt.NDArray[np.float64]
    components: dict[str, npt.NDArray[np.float64]]
    advantages: npt.NDArray[np.float64]
    finished: tuple[bool, ...]
    varied: bool
    """Whether the answers differ in what they are worth."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """A step's groups."""

    used: tuple[Group, ...]
    """Those that differ; fewer than the recipe asks for if enough of them were not found."""
    dropped: tuple[Group, ...]
    resamples: int


class Sampler:
    """Samples answers, scores them, and replaces clips that teach nothing.

    A replacement is drawn for each clip without variance, and again for those of them that have none, at most
    `max_resamples` times. What is still missing then stays missing: such groups have no advantage, and would
    only be held to the reference model. (TRL has no dynamic sampling; ms-swift goes back to the first batch,
    and learns nothing from the groups that it found meanwhile.)
    """

    def __init__(
        self, recipe: RlRecipe, opened: OpenedPolicy, pool: Pool, reward: Term, limits: Limits
    ) -> None:
        self._recipe, self._reward = recipe, reward
        self._policy, self._writer = opened.policy, opened.writer
        self._pool, self._limits = pool, limits

    def step(self, draws: Draws, n_prompts: int, clock: Clock) -> Sampled:
        """The groups of one step on this device, by the weights of this moment."""
        with clock("rollout"):
            self._writer.take_up()
        used: list[Group] = []
        dropped: list[Group] = []
        resamples = 0
        while True:
            found = self.groups(draws.take(n_prompts - len(used)), clock)
            used += [group for group in found if group.varied]
            dropped += [group for group in found if not group.varied]
            if len(used) == n_prompts or resamples == self._recipe.groups.max_resamples:
                return Sampled(tuple(used), tuple(dropped), resamples)
            resamples += 1

    def groups(self, indices: Sequence[int], clock: Clock) -> list[Group]:
        """Answers to some clips, in the order of the clips."""
        with clock("audio"):
            prompts = [self._prompt(index) for index in indices]
        # Clips of like length together: an answer takes as many steps as the longest in its batch.
        order = sorted(range(len(prompts)), key=lambda place: -prompts[place][1].piece.duration_s)
        found: dict[int, Group] = {}
        at_once = self._recipe.groups.decode_at_once
        for start in range(0, len(order), at_once):
            places = order[start : start + at_once]
            for place, group in zip(
                places, self._batch([prompts[each] for each in places], clock), strict=True
            ):
                found[place] = group
        return [found[place] for place in range(len(prompts))]

    def _batch(self, prompts: Sequence[tuple[TrainingRow, Prompt]], clock: Clock) -> list[Group]:
        policy, k = self._policy, self._recipe.groups.rollouts
        with clock("rollout"):
            sampling = self._sampling(max(prompt.piece.duration_s for _, prompt in prompts))
            answers = self._writer.answers([prompt for _, prompt in prompts], k, sampling)
            written = [[policy.text(answer) for answer in group] for group in answers]
        with clock("reward"):
            rows = [row for row, _ in prompts]
            rewarded = reward_groups(
                self._reward, written, [row.solution for row in rows], [row.language for row in rows]
            )
        values = torch.from_numpy(rewarded.values)
        advantages = group_advantages(values, scale=self._recipe.loss.scale_advantages).numpy()
        differ = varied(values).tolist()
        return [
            Group(
                row=row,
                prompt=prompt,
                answers=tuple(tuple(answer) for answer in answers[place]),
                written=tuple(written[place]),
                transcripts=rewarded.transcripts[place],
                rewards=rewarded.values[place],
                components={name: each[place] for name, each in rewarded.components.items()},
                advantages=advantages[place],
                finished=tuple(policy.finished(answer) for answer in answers[place]),
                varied=differ[place],
            )
            for place, (row, prompt) in enumerate(prompts)
        ]

    def _sampling(self, longest_s: float) -> Sampling:
        spec = self._recipe.sampling
        most = spec.max_new_tokens
        if spec.max_tokens_per_s is not None:
            most = min(most, int(np.ceil(spec.max_tokens_per_s * longest_s)) + 8)
        return Sampling(spec.temperature, spec.top_p, spec.top_k, spec.repetition_penalty, most)

    def _prompt(self, index: int) -> tuple[TrainingRow, Prompt]:
        row = self._pool[index]
        try:
            samples = read_clip(row.audio, RATE_HZ, self._limits)
            return row, self._policy.prompt(
                self._policy.family.piece(row.id, samples, row.language), row.language
            )
        except SampleError as error:
            raise AsrdiagError(
                f"{row.id}: could be used when the training began, and now cannot: {error}"
            ) from error
