"""How long commands take to answer, beside the bare interpreter and jiwer's command line.

Wall time of whole processes, the best of ten, files warm.

    python benchmarks/startup.py
"""

import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
ROUNDS = 10
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "asrdiag --help": [BIN / "asrdiag", "--help"],
    "asrdiag list engines": [BIN / "asrdiag", "list", "engines"],
    "import asrdiag.metrics": [sys.executable, "-c", "import asrdiag.metrics"],
    "jiwer --help": [BIN / "jiwer", "--help"],
}


def best_s(command: list[object]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        subprocess.run([str(word) for word in command], stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - started)
    return min(times)


def main() -> None:
    found = {name: best_s(command) for name, command in COMMANDS.items()}
    base = found["python -c pass"]
    print(f"{'command':<24} {'s':>6}  x python")
    for name, seconds in found.items():
        print(f"{name:<24} {seconds:6.3f}  {seconds / base:8.1f}")


if __name__ == "__main__":
    main()
