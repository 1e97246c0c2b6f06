"""How long the explorer takes on a million answers: opening, filtering, searching, one case, and the memory.

    python benchmarks/explorer.py [--answers N] [--make DIR] [--runs K]

The run has 10 systems, 20 conditions and one dataset; scores are real ones of some thousand planted errors
(`workload.py`), of which every cell gets its own mixture. `--make` keeps the run, to be opened with
`asrdiag explore DIR`.
"""

import argparse
import json
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from workload import make_workload

from asrdiag.app.data.case import open_case
from asrdiag.app.data.filters import Filters
from asrdiag.app.data.index import read_index
from asrdiag.app.data.offsets import AllOffsets
from asrdiag.app.data.rows import measured, rows_of
from asrdiag.app.data.runs import OpenRun
from asrdiag.app.data.search import search
from asrdiag.report.write import write_reports
from asrdiag.scoring import score_cell
from asrdiag.store.folder import RunFolder

SYSTEMS, LEVELS, VARIANTS = 10, 20, 8
CONDITIONS = ("as_recorded", *(f"noise.snr{level}" for level in range(LEVELS - 1)))


def make_run(folder: Path, answers: int) -> None:
    """Write a run of so many answers."""
    clips = answers // (SYSTEMS * len(CONDITIONS))
    variants = [_variant(folder / "variants", number, clips) for number in range(VARIANTS)]
    table = pa.concat_tables([scores for scores, _, _ in variants])
    lines = [line for _, found, _ in variants for line in found]
    cell = variants[0][2]
    generator = np.random.default_rng(0)
    entries: dict[str, Any] = {}
    for number in range(SYSTEMS * len(CONDITIONS)):
        system, condition = f"system-{number % SYSTEMS}", CONDITIONS[number // SYSTEMS]
        key = f"{system}/made/{condition}"
        place = folder / "cells" / key
        place.mkdir(parents=True)
        chosen = generator.integers(0, VARIANTS, clips) * clips + np.arange(clips)
        pq.write_table(table.take(pa.array(chosen)), place / "scores.parquet")
        own = b'"system": "%b", "condition": "%b"' % (system.encode(), condition.encode())
        (place / "samples.jsonl").write_bytes(
            b"".join(lines[row].replace(b'"system": ""', own) for row in chosen)
        )
        kind = "as_recorded" if condition == "as_recorded" else "made"
        entries[key] = cell | {
            **{"system": system, "condition": condition, "model_id": system, "fingerprint": key},
            "identity": {"condition": {"kind": kind}},
            "snr_db": None if kind == "as_recorded" else float(condition.removeprefix("noise.snr")),
        }
        (place / "identity.json").write_text(json.dumps({"fingerprint": key, "identity": {}}))
        summary = json.loads(
            (folder / "variants" / "cells" / "v0" / "made" / "x" / "summary.json").read_text()
        )
        same = {"system": system, "condition": condition, "model_id": system}
        parts = {name: [row | same for row in summary[name]] for name in ("rows", "groups")}
        (place / "summary.json").write_text(json.dumps(summary | parts | {"cell": key, "fingerprint": key}))
    shutil.rmtree(folder / "variants")
    _write_run(folder, entries)
    write_reports(RunFolder(folder))


def _variant(folder: Path, number: int, clips: int) -> tuple[Any, list[bytes], dict[str, Any]]:
    """Scores and sample records of one cell that is scored for real, and its entry in `run.json`."""
    generator = Random(number)
    references = make_workload(clips, seed=0).references
    vocabulary = references[0].split()
    key = f"v{number}/made/x"
    entry = {
        **{"system": f"v{number}", "dataset": "made", "condition": "x", "fingerprint": key, "identity": {}},
        **{"model_id": "made", "model_revision": "1", "severity": None, "snr_db": None, "benchmark": None},
        **{"aggregates": {}, "n_expected": {"": {"en": clips}}, "normalizers": {"en": "whisper-english@1"}},
        **{"groups": {}, "keywords": []},
    }
    run = RunFolder(folder)
    place = run.samples(key)
    place.parent.mkdir(parents=True)
    records = [
        {
            **{"schema": 1, "sample_id": f"clip-{clip:06}", "system": "", "dataset": "made"},
            **{
                "position": clip,
                "subset": "",
                "language": "en",
                "speaker": f"s{clip % 200:03}",
                "factors": {},
            },
            **{"reference_raw": said, "hypothesis_raw": _heard(said, vocabulary, number, generator)},
            **{"audio": {"duration_s": 2.0 + clip % 17, "sample_rate_hz": 16000, "kept": None}, "source": {}},
            **{"degradation": {}, "details": {}, "error": None, "attempts": 1},
            "timing": {"load_s": 0.001, "degrade_s": 0.0, "transcribe_s": 0.2},
        }
        for clip, said in enumerate(references)
    ]
    lines = [(json.dumps(record) + "\n").encode() for record in records]
    place.write_bytes(b"".join(lines))
    score_cell(run, key, entry)
    return pq.read_table(run.scores(key)), lines, entry


def _heard(said: str, vocabulary: list[str], number: int, generator: Random) -> str:
    """A text with more errors the higher the number; some are loops, some about something else."""
    kind = generator.random()
    if kind < 0.02:
        return " ".join([*said.split()[:2], *["again and"] * 12])
    if kind < 0.04:
        return " ".join(generator.choices(vocabulary, k=8))
    heard = []
    for word in said.split():
        edit = generator.random() / (0.02 + 0.05 * number)
        heard += [] if edit < 0.3 else [word[:-1] or word] if edit < 0.6 else [word]
        heard += [generator.choice(vocabulary)] if 0.6 <= edit < 1 else []
    return " ".join(heard)


def _write_run(folder: Path, entries: dict[str, Any]) -> None:
    run = {
        "schema": 1,
        "run_id": "made",
        "suite": "made",
        "sessions": [],
        "not_run": {},
        "status": "complete",
    }
    (folder / "run.json").write_text(json.dumps(run | {"cells": entries, "suite_cells": list(entries)}))


def measure(folder: Path, rounds: int) -> None:
    """Print the times, the best of several, and the memory."""
    before = _peak_mib()

    def best(name: str, call: Callable[[], Any]) -> Any:
        times = []
        for _ in range(rounds):
            began, began_cpu = time.perf_counter(), time.process_time()
            result = call()
            times.append((time.perf_counter() - began, time.process_time() - began_cpu))
        wall, cpu = min(times)
        print(f"{name:<58} {1000 * wall:9.1f} ms  (processor {1000 * cpu:9.1f} ms)")
        return result

    run = best("open the run, read its summaries", lambda: OpenRun(folder, "made"))
    rows = best("rows of the leaderboard", lambda: measured(rows_of([run])))
    index = best("scores as columns", lambda: read_index([run]))
    more = _peak_mib() - before
    print(f"{'':<58} {len(index):,} answers, {len(rows)} cells, {more:,.0f} MiB more at most")
    some = Filters().choosing("system", ["system-3"]).choosing("failure_mode", ["hallucination", "empty"])
    every = best("filter: system and failure mode", lambda: some.mask(index)).sum()
    print(f"{'':<58} {every:,} pass")
    best(
        "filter: error rate and kind",
        lambda: Filters((), (("error_rate_pct", 50, 100),), ("ins",)).mask(index),
    )
    best("sort all by errors", lambda: np.argsort(-index.numbers["n_errors"], kind="stable"))
    key = index.key(len(index) - 1)
    best("find a case by what names it", lambda: index.row(key))
    best("open a case, its cell for the first time", lambda: open_case(run, key, AllOffsets()))
    offsets = AllOffsets()
    open_case(run, key, offsets)
    best("open a case of that cell", lambda: open_case(run, key, offsets))
    names, all_rows = {"made": run}, np.arange(len(index))
    best("search a word in all texts", lambda: search(names, index, all_rows, "zzz"))
    best("search an expression in all texts", lambda: search(names, index, all_rows, "z+a$", regex=True))
    print(f"{'peak memory of the process':<58} {_peak_mib():9,.0f} MiB")


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--answers", type=int, default=1_000_000)
    parser.add_argument("--make", type=Path, help="make the run here and keep it; measure it if it is there")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.make or Path(temporary) / "made"
        if not (folder / "run.json").exists():
            began = time.perf_counter()
            # In a process of its own, so that its memory is not in what is measured.
            making = get_context("spawn").Process(target=make_run, args=(folder, options.answers))
            making.start()
            making.join()
            print(f"made in {time.perf_counter() - began:.0f} s")
        measure(folder, options.rounds)


if __name__ == "__main__":
    main()
