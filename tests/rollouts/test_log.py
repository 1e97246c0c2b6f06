"""The log of a trainer that may be killed, resumed, and started twice."""

import subprocess
import sys
from pathlib import Path

import pytest

from asrdiag.errors import SaveError, UsageError
from asrdiag.metrics.rewards.rollouts import Rollout, RolloutGroup
from asrdiag.rollouts.log import RolloutLog
from asrdiag.rollouts.reading import BadLine, FoundGroup, read_group, read_rollouts


def group(step: int, text: str = "the cat") -> RolloutGroup:
    rollouts = (Rollout(transcript=text), Rollout(transcript="猫", reward=0.5))
    return RolloutGroup(group=f"{step}-0", step=step, reference="the cat", rollouts=rollouts)


def found_in(path: Path) -> list[FoundGroup]:
    found = list(read_rollouts(path))
    groups = [each for each in found if isinstance(each, FoundGroup)]
    assert len(groups) == len(found)
    return groups


def test_what_is_written_is_read_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "rollouts.jsonl"
    with RolloutLog(path) as log:
        for step in range(3):
            log.append(group(step))
    found = found_in(path)
    assert [each.group for each in found] == [group(step) for step in range(3)]
    assert [each.line for each in found] == [1, 2, 3]
    assert [read_group(path, each.offset or 0) for each in found] == [each.group for each in found]


def test_a_resumed_trainer_leaves_the_log_of_one_that_was_not_interrupted(tmp_path: Path) -> None:
    whole, path = tmp_path / "whole.jsonl", tmp_path / "rollouts.jsonl"
    with RolloutLog(whole) as log:
        for step in range(4):
            log.append(group(step))
    with RolloutLog(path) as log:
        log.append(group(0))
        log.append(group(1))
        position = log.sync()
        log.append(group(2, "what came after the checkpoint"))
    with path.open("ab") as stream:  # and the kill came in the middle of a line
        stream.write(b'{"schema": 1, "step": 3, "gro')
    with RolloutLog(path, position=position) as log:
        log.append(group(2))
        log.append(group(3))
    assert path.read_bytes() == whole.read_bytes()


def test_without_a_checkpoint_only_a_torn_line_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "rollouts.jsonl"
    with RolloutLog(path) as log:
        log.append(group(0))
    with path.open("ab") as stream:
        stream.write(b'{"schema": 1, "st')
    groups, torn = read_rollouts(path)
    assert isinstance(groups, FoundGroup) and isinstance(torn, BadLine)
    assert torn.torn and str(torn).startswith(f'{path}:2: found \'{{"schema": 1, "st\', expected a JSON obj')
    with RolloutLog(path) as log:
        log.append(group(1))
    assert [each.group.step for each in found_in(path)] == [0, 1]


def test_another_runs_log_is_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "rollouts.jsonl"
    with RolloutLog(path) as log:
        log.append(group(0))
        position = log.sync()
    text = path.read_bytes()
    with pytest.raises(UsageError, match=f"holds {position} bytes, expected at least the {position + 5} of"):
        RolloutLog(path, position=position + 5)
    with pytest.raises(UsageError, match=f"no line ends at byte {position - 3}"):
        RolloutLog(path, position=position - 3)
    assert path.read_bytes() == text
    with RolloutLog(path, position=0):
        assert path.read_bytes() == b""


def test_a_second_writer_is_refused_until_the_first_has_died(tmp_path: Path) -> None:
    path = tmp_path / "rollouts.jsonl"
    with RolloutLog(path) as log:
        log.append(group(0))
        with pytest.raises(UsageError, match="another process is writing it"):
            RolloutLog(path)
        log.append(group(1))
    log.close()
    with RolloutLog(path):
        assert len(found_in(path)) == 2


def test_what_was_appended_outlives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "rollouts.jsonl"
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from asrdiag.metrics.rewards.rollouts import RolloutGroup\n"
        "from asrdiag.rollouts.log import RolloutLog\n"
        "log = RolloutLog(Path(sys.argv[1]))\n"
        "log.append(RolloutGroup.from_record(eval(sys.argv[2])))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    record = repr(group(7).to_record())
    ended = subprocess.run([sys.executable, "-c", code, str(path), record], check=False)
    assert ended.returncode == -9
    assert [each.group for each in found_in(path)] == [group(7)]
    with RolloutLog(path) as log:  # the lock fell with its process
        log.append(group(8))


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveError, match="could not be opened for writing"):
        RolloutLog(tmp_path / "file" / "rollouts.jsonl")
    with RolloutLog(tmp_path / "rollouts.jsonl") as log:
        with pytest.raises(ValueError, match="not JSON compliant"):
            rollouts = (Rollout(transcript="a"),)
            log.append(
                RolloutGroup(group="0", reference="a", rollouts=rollouts, metadata={"snr_db": float("inf")})
            )
        log.append(group(0))
    assert len(found_in(tmp_path / "rollouts.jsonl")) == 1
