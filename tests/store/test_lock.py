"""One writer per run directory."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from asrdiag.errors import UsageError
from asrdiag.store.lock import RunLock

HOLD = """
import sys, time
from pathlib import Path
from asrdiag.store.lock import RunLock
with RunLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_second_writer_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        with pytest.raises(UsageError, match=f"in use by process {holder.pid} on {socket.gethostname()}"):
            RunLock(tmp_path).__enter__()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with RunLock(tmp_path) as lock:
            assert lock.taken_over == {"host": socket.gethostname(), "pid": holder.pid}


def test_a_lock_given_back_leaves_no_owner(tmp_path: Path) -> None:
    with RunLock(tmp_path):
        assert json.loads((tmp_path / ".lock").read_text())["host"] == socket.gethostname()
    with RunLock(tmp_path) as lock:
        assert lock.taken_over is None


def test_a_lock_of_another_host_is_never_taken_over(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text('{"host": "elsewhere", "pid": 1}')
    with pytest.raises(
        UsageError, match=r"in use by process 1 on elsewhere; if that has ended, remove .*\.lock"
    ):
        RunLock(tmp_path).__enter__()
    assert json.loads((tmp_path / ".lock").read_text()) == {"host": "elsewhere", "pid": 1}


def test_a_lock_torn_by_a_crash_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text('{"host": "el')
    with RunLock(tmp_path) as lock:
        assert lock.taken_over is None
