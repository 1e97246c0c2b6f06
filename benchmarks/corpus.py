"""What `asrdiag simulate` costs from its start to its end: reading, degrading, encoding, hashing, writing."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

_SESSION = """
import json, resource, sys, time
from asrdiag.cli.main import main

began = time.perf_counter()
status = main(sys.argv[1:])
wall_s = time.perf_counter() - began
used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
cpu_s = [each.ru_utime + each.ru_stime for each in used]
mib = [each.ru_maxrss / 1024 for each in used]
print(json.dumps({"status": status, "wall_s": wall_s, "cpu_s": cpu_s, "mib": mib}))
"""


@dataclass(frozen=True, slots=True)
class Session:
    """One command, by its own account; the largest memory is that of one process."""

    wall_s: float
    parent_s: float
    workers_s: float
    parent_mib: float
    worker_mib: float

    def bound(self, workers: int) -> float:
        """How much faster so many workers can be than one, if only the parent's time cannot be shared."""
        share = self.parent_s / (self.parent_s + self.workers_s)
        return 1 / (share + (1 - share) / workers)


def simulate(source: Path, out: Path, workers: int, *options: str) -> Session:
    """One run of `asrdiag simulate` into a fresh folder."""
    words = ["simulate", str(source), "--out", str(out), "--workers", str(workers), "--progress", "none"]
    ended = subprocess.run(
        [sys.executable, "-c", _SESSION, *words, *options], capture_output=True, text=True, check=True
    )
    said: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    if said["status"]:
        raise RuntimeError(ended.stderr)
    return Session(said["wall_s"], *said["cpu_s"], *said["mib"])


def compare_workers(
    clips: Sequence[npt.NDArray[np.float32]], sample_rate_hz: int, n_clips: int, processes: int
) -> None:
    """One worker beside several: each clip once through one of the 54 scenarios, to FLAC; best wall of 3."""
    headings = ("clips/s", "times one", "at most", "parent's CPU", "workers' CPU", "MiB each")
    print(f"\n{'asrdiag simulate, workers':32}" + "".join(f"{heading:>14}" for heading in headings))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "clean")
        source.mkdir()
        for number in range(n_clips):
            clip = clips[number % len(clips)]
            soundfile.write(source / f"{number:06}.wav", clip, sample_rate_hz, subtype="PCM_16")
        best: dict[int, Session] = {}
        for turn in range(3):
            for count in sorted({1, processes}):
                out = Path(folder, f"out-{count}-{turn}")
                found = simulate(source, out, count, "--per-clip", "1")
                if count not in best or found.wall_s < best[count].wall_s:
                    best[count] = found
    for count, session in best.items():
        cells = (
            f"{n_clips / session.wall_s:,.0f}",
            f"{best[1].wall_s / session.wall_s:.2f}",
            f"{best[1].bound(count):.2f}",
            f"{session.parent_s:.2f} s",
            f"{session.workers_s:.2f} s",
            f"{session.worker_mib:.0f}",
        )
        print(f"{count:<32}" + "".join(f"{cell:>14}" for cell in cells))
