"""A rollout log as columns: numbers of every group, counts of every rollout, and where each group stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrdiag.errors import AsrdiagError
from asrdiag.metrics.batch import COLUMNS
from asrdiag.metrics.rewards import DGWGPOReward
from asrdiag.metrics.rewards.groups import GROUP_COLUMNS, Groups
from asrdiag.metrics.rewards.inspection import BATCH, LOGGED_TOLERANCE
from asrdiag.metrics.rewards.measured import Measured, Values
from asrdiag.metrics.rewards.probing import with_greedy_base
from asrdiag.metrics.rewards.rollouts import RolloutGroup
from asrdiag.metrics.rewards.scored import group_columns, logged_rewards, reward_columns, score_groups
from asrdiag.rollouts.reading import BadLine, FoundGroup, read_group, read_rollouts

from .group_copies import GroupCopies
from .runs import Problem

KEPT_PROBLEMS = 200
_COUNTS = COLUMNS.index("loop_period") + 1
"""The columns of counts that a reward is made of: tokens, the common subsequence, and the loop."""
_BLOCK = 262_144


@dataclass(frozen=True, slots=True, eq=False)
class LogIndex:
    """What is known of a log without its texts: some 250 bytes a group and 32 a rollout.

    Groups are in the order of the files and in these as they were read; rollouts follow group after group.
    """

    files: tuple[Path, ...]
    ids: Any
    """Of the groups, as a pyarrow array of strings."""
    prompts: Any
    """The `sample_id`, or else the reference; likewise."""
    file: NDArray[np.int32]
    """The number of the file that a group is in."""
    line: NDArray[np.int64]
    place: NDArray[np.int64]
    """The first byte of its line; of those that are not alone in a line, below 0: see `group`."""
    columns: Mapping[str, Values]
    """`GROUP_COLUMNS` under the published reward."""
    counts: NDArray[np.int32]
    """Of shape (rollouts, 7), as `asrdiag.metrics.batch.COLUMNS`."""
    logged: NDArray[np.float32]
    """Of shape (rollouts,); NaN where no reward was logged."""
    copies: GroupCopies
    """Groups that were put together from several lines."""
    problems: tuple[Problem, ...]
    n_bad: int
    """Lines that cannot be used; the first of them are in `problems`."""
    n_torn: int
    """Files that end in a half-written line."""

    def __len__(self) -> int:
        return len(self.line)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many rollouts each group has."""
        return self.columns["n_rollouts"].astype(np.int64)

    def where(self, row: int) -> str:
        """File and line of a group."""
        return f"{self.files[self.file[row]].name}:{self.line[row]}"

    def group(self, row: int) -> RolloutGroup:
        """A group in full, read from the log.

        Raises:
            AsrdiagError: it is not there any more.
        """
        place = int(self.place[row])
        path = self.files[self.file[row]]
        if place >= 0:
            try:
                return read_group(path, place)
            except OSError as error:
                raise AsrdiagError(f"{path}: cannot be read: {error.strerror}") from error
        return self.copies.group(-place - 1)

    def row(self, group: str, line: int | None) -> int | None:
        """The row of a group by its id; of several, that which begins at the line, or else the first."""
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = np.flatnonzero(pc.equal(self.ids, pa.scalar(group, self.ids.type)).to_numpy(False))
        if not len(rows):
            return None
        return int(next((row for row in rows if self.line[row] == line), rows[0]))

    def prompt_holds(self, text: str) -> NDArray[np.bool_]:
        """Which groups have this text in their id or prompt; capitals do not count."""
        import pyarrow.compute as pc

        found = np.zeros(len(self), np.bool_)
        for texts in (self.ids, self.prompts):
            found |= pc.match_substring(texts, text, ignore_case=True).to_numpy(False)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Rewarded:
    """What a reward makes of a log."""

    groups: Groups
    """The numbers of all groups; texts are left out of it."""
    n_different: NDArray[np.int64]
    """Rollouts of each group whose logged reward is another one."""
    n_logged: int
    largest_difference: float


def read_log(files: Sequence[Path], progress: Callable[[int, int], None] = lambda *_: None) -> LogIndex:
    """Read logs; some 20 s for a million rollouts, and two minutes if all have to be normalised one by one.

    Args:
        files: JSON Lines or Parquet, see `asrdiag.rollouts.reading`.
        progress: told the number of the file and the byte that reading has come to.
    """
    made = _Making(tuple(files))
    for number, path in enumerate(files):
        try:
            for found in read_rollouts(path):
                if isinstance(found, BadLine):
                    made.bad(found)
                else:
                    made.add(found, number)
                    progress(number, found.offset or 0)
        except AsrdiagError as error:
            made.problems.append(Problem(str(path), str(error)))
    return made.index()


def rewarded(index: LogIndex, reward: DGWGPOReward) -> Rewarded:
    """Rank a log by a reward, from the counts alone: the texts are not read again.

    The reward may have any weights and switches; its rules for loops must be the usual ones.
    """
    parts = [
        _from_counts(index.counts[start : start + _BLOCK], reward)
        for start in range(0, len(index.counts), _BLOCK)
    ]
    computed, rates = (np.concatenate([np.zeros(0), *found]) for found in zip(*parts, strict=True))
    sizes = index.sizes
    difference = np.abs(index.logged - computed)
    known = ~np.isnan(difference)
    other = (known & (difference > LOGGED_TOLERANCE)).astype(np.int64)
    starts = np.cumsum(sizes) - sizes
    rewards = computed.round(9)
    columns = {**index.columns, **reward_columns(rewards, rates, sizes)}
    return Rewarded(
        Groups(group=(), prompt=(), where=(), columns=columns, wer=rates, reward=rewards),
        np.add.reduceat(other, starts),
        int(known.sum()),
        float(difference[known].max(initial=0.0)),
    )


def _from_counts(counts: NDArray[np.int32], reward: DGWGPOReward) -> tuple[Values, Values]:
    table = np.zeros((len(counts), len(COLUMNS)), np.int64)
    table[:, :_COUNTS] = counts
    parts = reward.parts(Measured((), (), (), (), table))
    return parts["reward"], parts["wer"]


class _Making:
    def __init__(self, files: tuple[Path, ...]) -> None:
        self._files = files
        self.problems: list[Problem] = []
        self._n_bad = self._n_torn = 0
        self._reward = DGWGPOReward()
        self._waiting: list[RolloutGroup] = []
        self._n_waiting = 0
        self._ids: list[str] = []
        self._prompts: list[str] = []
        self._at: list[tuple[int, int, int]] = []
        self._columns: dict[str, list[Values]] = defaultdict(list)
        self._counts = [np.zeros((0, _COUNTS), np.int32)]
        self._logged = [np.zeros(0, np.float32)]
        self._copies = GroupCopies()

    def bad(self, line: BadLine) -> None:
        if line.torn:
            self._n_torn += 1
            return
        self._n_bad += 1
        if self._n_bad <= KEPT_PROBLEMS:
            self.problems.append(Problem(f"{line.path}:{line.line}", line.reason))

    def add(self, found: FoundGroup, file: int) -> None:
        group = found.group
        place = found.offset if found.alone and found.offset is not None else -self._copies.add(group) - 1
        self._at.append((file, found.line, place))
        self._ids.append(group.group)
        self._prompts.append(group.sample_id or group.reference)
        self._waiting.append(group)
        self._n_waiting += len(group.rollouts)
        if self._n_waiting >= BATCH:
            self._score()

    def _score(self) -> None:
        groups, self._waiting, self._n_waiting = self._waiting, [], 0
        scored = score_groups(groups, self._reward, use_logged=False)
        for name, values in group_columns(scored, self._reward).items():
            self._columns[name].append(values)
        self._counts.append(scored.measured.table[:, :_COUNTS].astype(np.int32))
        self._logged.append(logged_rewards(scored.rollouts).astype(np.float32))

    def index(self) -> LogIndex:
        import pyarrow as pa

        if self._waiting:
            self._score()
        columns = {name: np.concatenate([np.zeros(0), *self._columns[name]]) for name in GROUP_COLUMNS}
        nothing = np.zeros(0)
        groups = Groups(
            group=(), prompt=self._prompts, where=(), columns=columns, wer=nothing, reward=nothing
        )
        at = np.array(self._at, np.int64).reshape(-1, 3)
        return LogIndex(
            self._files,
            pa.array(self._ids, pa.large_string()),
            pa.array(self._prompts, pa.large_string()),
            at[:, 0].astype(np.int32),
            at[:, 1].copy(),
            at[:, 2].copy(),
            with_greedy_base(groups, groups).columns,
            np.concatenate(self._counts),
            np.concatenate(self._logged),
            self._copies,
            tuple(self.problems),
            self._n_bad,
            self._n_torn,
        )
