"""How long a GPU had nothing to compute, by its driver's own account."""

import subprocess
import time
from threading import Thread
from types import TracebackType
from typing import Self

PERIOD_MS = 50


class GpuWatch:
    """Asks nvidia-smi, inside `with`, which share of the time a kernel was running; nothing for the CPU."""

    def __init__(self, device: str) -> None:
        self._number = None if device == "cpu" else device.partition(":")[2] or "0"
        self._found: list[tuple[float, float]] = []

    def __enter__(self) -> Self:
        if self._number is not None:
            words = ["--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", f"--loop-ms={PERIOD_MS}"]
            self._process = subprocess.Popen(
                ["nvidia-smi", "-i", self._number, *words], stdout=subprocess.PIPE, text=True
            )
            self._thread = Thread(target=self._read)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._number is not None:
            self._process.terminate()
            self._thread.join()
            self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._found.append((time.time(), float(line)))

    def idle_share(self, began: float, ended: float) -> float | None:
        """Between two moments in Unix time; `None` if nothing was measured then."""
        between = [busy_pct for at, busy_pct in self._found if began <= at <= ended]
        return 1 - sum(between) / len(between) / 100 if between else None
