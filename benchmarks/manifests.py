"""Time and peak memory of planning and checking a manifest of many rows: long recordings, and a file each.

Each command is a process of its own, with a cache folder that is empty at first; what comes again finds rows
and audio there. The files are hard links to a short wav, or long recordings of which only the header is kept.

    python benchmarks/manifests.py [ROWS] [--folder /dev/shm]
"""

import argparse
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from pathlib import Path

ASRDIAG = Path(sys.executable).with_name("asrdiag")
WORDS = ["the", "birch", "canoe", "slid", "on", "smooth", "planks", "glue", "sheet", "to", "dark", "blue"]
LINKS = 50_000
"""To one file; file systems have a limit."""
SUITE = """\
schema: 1
name: many
seed: 7
systems: [{id: moonshine-tiny, engine: moonshine}]
datasets: [{id: many, loader: manifest, path: %s}]
conditions: [{id: as_recorded, kind: as_recorded}]
report: {groups: all}
"""


def rows(count: int, audio: Iterator[str], *, stretches: bool) -> Iterator[dict[str, object]]:
    draw = random.Random(0)
    for number in range(count):
        row: dict[str, object] = {
            "audio": next(audio),
            "text": " ".join(draw.choices(WORDS, k=9)),
            "id": f"utt-{number:07d}",
            "speaker": f"s{number % 2000}",
            "subset": f"sub{number % 6}",
        }
        if stretches:
            row |= {"offset": round(number // 8 * 0.02, 2), "duration": round(draw.uniform(1, 9), 3)}
        yield row | {"room": f"rm{number % 4}", "snr_db": draw.choice([0, 5, 10, 15])}


def write_wav(path: Path, seconds: float) -> None:
    """Silence, of which the file system keeps the header only."""
    with wave.open(str(path), "wb") as stream:
        stream.setparams((1, 2, 16_000, 0, "NONE", ""))
    size = 44 + 2 * int(16_000 * seconds)
    with path.open("r+b") as stream:
        stream.truncate(size)
        for place, value in ((4, size - 8), (40, size - 44)):
            stream.seek(place)
            stream.write(value.to_bytes(4, "little"))


def make_files(folder: Path, count: int) -> Iterator[str]:
    for number in range(count):
        place = folder / f"{number // 10_000:04d}"
        if number % 10_000 == 0:
            place.mkdir(parents=True)
        path = place / f"{number:07d}.wav"
        if number % LINKS == 0:
            write_wav(path, 0.2)
            first = path
        else:
            os.link(first, path)
        yield str(path)


def long_files(folder: Path, count: int) -> Iterator[str]:
    folder.mkdir()
    for number in range(8):
        write_wav(folder / f"{number}.wav", count / 8 * 0.02 + 10)
    return (str(folder / f"{number % 8}.wav") for number in range(count))


def write_manifest(path: Path, found: Iterator[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        if path.suffix == ".jsonl":
            for row in found:
                factors = {name: row.pop(name) for name in ("room", "snr_db")}
                stream.write(json.dumps(row | {"factors": factors}) + "\n")
        else:
            first = next(found)
            table = csv.DictWriter(stream, list(first))
            table.writeheader()
            table.writerow(first)
            table.writerows(found)


def measure(command: list[str], folder: Path) -> str:
    started = time.perf_counter()
    environment = os.environ | {"ASRDIAG_CACHE": str(folder / "cache")}
    process = subprocess.Popen(
        [str(ASRDIAG), *command],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    # `datasets check` finds the same audio under many ids.
    assert os.waitstatus_to_exitcode(status) == (command[0] == "datasets"), f"asrdiag {command} failed"
    cpu_s = usage.ru_utime + usage.ru_stime
    return f"{wall_s:6.1f} s  cpu {cpu_s:6.1f} s  peak {usage.ru_maxrss / 1024:5.0f} MiB"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("/dev/shm"))
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="asrdiag-manifests-", dir=options.folder))
    try:
        for kind, stretches in (("stretches of 8 files", True), ("a file each", False)):
            if stretches:
                audio = list(long_files(folder / "long", options.rows))
            else:
                audio = list(make_files(folder / "short", options.rows))
            for suffix in (".jsonl", ".csv"):
                manifest = folder / f"many{suffix}"
                write_manifest(manifest, rows(options.rows, iter(audio), stretches=stretches))
                (folder / "many.yaml").write_text(SUITE % manifest)
                size = f"{manifest.stat().st_size / 2**20:.0f} MiB"
                check = ["datasets", "check", "manifest", manifest.name]
                suite = "many.yaml"
                for words in (
                    ["validate", suite],
                    ["validate", suite],
                    ["run", "--dry-run", suite],
                    check,
                    check,
                ):
                    found = measure(words, folder)
                    print(f"{kind:<20} {suffix:<6} {size:>8}  {' '.join(words[:2]):<19} {found}", flush=True)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
