"""The rollout logs that are open, and what was read of them: kept until files change."""

from pathlib import Path

import streamlit as st

from asrdiag.metrics.rewards import DGWGPOReward

from . import opened
from .data.rollout_index import LogIndex, Rewarded, read_log, rewarded
from .data.rollout_logs import OpenLog, Signature, open_logs
from .data.runs import Problem
from .data.training_steps import TrainingSteps, read_steps, steps_file

LARGE = 32 << 20
"""Bytes of a log that is not read anew on its own when it grows."""
_READ = "logs.read"


def logs() -> tuple[tuple[OpenLog, ...], tuple[Problem, ...]]:
    """The logs of the command line and of the open runs, and what was named but cannot be opened."""
    return open_logs(opened.arguments()[1], opened.paths())


def signature(log: OpenLog) -> Signature:
    """The state of a log that is shown; that of a large one stays until `read_again`, however it grows."""
    kept: dict[str, Signature] = st.session_state.setdefault(_READ, {})
    if log.name not in kept or log.size < LARGE:
        kept[log.name] = log.signature
    return kept[log.name]


def has_changed(log: OpenLog) -> bool:
    """Whether the log is not any more as it is shown."""
    return signature(log) != log.signature


def read_again(log: OpenLog) -> None:
    """Show the log as it is now."""
    st.session_state.setdefault(_READ, {}).pop(log.name, None)


def index(log: OpenLog) -> LogIndex:
    """The groups of a log as columns."""
    return _index(signature(log), log.files)


def with_reward(log: OpenLog, reward: DGWGPOReward) -> Rewarded:
    """What a reward makes of all groups."""
    return _rewarded(signature(log), reward, index(log))


def steps(log: OpenLog) -> TrainingSteps | None:
    """What the training that wrote a log says of its steps; `None` if it says nothing."""
    path = steps_file(log.files)
    try:
        status = None if path is None else path.stat()
        return None if status is None else _steps(str(path), status.st_mtime_ns, status.st_size)
    except OSError:
        return None  # it went while it was read


@st.cache_resource(max_entries=2, show_spinner=False)
def _steps(path: str, mtime_ns: int, size: int) -> TrainingSteps | None:
    return read_steps(Path(path))


@st.cache_resource(max_entries=2, show_spinner=False)
def _index(signature: Signature, _files: tuple[Path, ...]) -> LogIndex:
    sizes = [max(size, 0) for _, _, size in signature]
    bar = st.progress(0.0, "Reading the rollouts …")
    told = 0.0

    def tell(number: int, offset: int) -> None:
        nonlocal told
        share = min(1.0, (sum(sizes[:number]) + offset) / max(1, sum(sizes)))
        if share >= told + 0.01:
            told = share
            bar.progress(share, f"Reading the rollouts … {100 * share:.0f} %")

    try:
        return read_log(_files, tell)
    finally:
        bar.empty()


@st.cache_resource(max_entries=4, show_spinner=False)
def _rewarded(signature: Signature, reward: DGWGPOReward, _index: LogIndex) -> Rewarded:
    return rewarded(_index, reward)
