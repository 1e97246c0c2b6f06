"""What the runner costs and gains: our transformers engine through it, beside loops over the same files.

Each contender reads the same wav files and transcribes them greedily with the same checkpoint, in float32, on
the same device. On the CPU all of a contender's processes share one core and torch has one thread, so that no
contender hides work in a second process; `asrdiag run, fed` has all cores.

- `sorted loop`: what one writes by hand: files read, sorted by length, padded batches through `generate`.
- `pipeline`: `transformers.pipeline`, given the files one after the other.
- `pipeline, batched`: the same with its `batch_size`.
- `engine alone`: our engine in a sorted loop, without the runner.
- `asrdiag run`: the command, with records, scores and all.
- `asrdiag run, fed`: the same with processes that read for the one with the model, as it is done for GPUs.

Loading and warming up are in no contender's time. That of the loops is from the first file's reading to the
last transcript; that of the command from the first file's reading to the last record, by what it writes down
itself. The CPU time of the command is that of all its processes, less that of a run of a few clips.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jiwer
import soundfile
import yaml
from gpu import GpuWatch
from recognisers import engine_alone, pipeline, sorted_loop
from whisper_normalizer.english import EnglishTextNormalizer

from asrdiag.audio import read_audio
from asrdiag.datasets import DATASETS
from asrdiag.scoring import score_cell
from asrdiag.store.folder import RunFolder
from asrdiag.store.log import JsonLog, read_log

RATE_HZ = 16_000
WARM_UP = 2
"""Files that each contender transcribes before its time counts."""


@dataclass(frozen=True)
class Setting:
    model: str
    device: str
    batch: int
    passes: int
    repeats: int
    """How many times the demo corpus is taken."""


@dataclass(frozen=True)
class Corpus:
    folder: Path
    paths: list[Path]
    texts: list[str]
    audio_s: float


@dataclass(frozen=True)
class Pass:
    """One contender, once over the corpus."""

    name: str
    wall_s: float
    cpu_s: float
    texts: list[str]
    idle_share: float | None = None
    """Of the recogniser, outside `transcribe`."""
    gpu_idle_share: float | None = None
    run: Path | None = None


def write_corpus(folder: Path, repeats: int) -> Corpus:
    utterances = DATASETS.load("demo")(id="demo", loader="demo").utterances() * repeats
    paths, texts, audio_s = [], [], 0.0
    for number, utterance in enumerate(utterances):
        samples = read_audio(
            utterance.audio_path, RATE_HZ, offset_s=utterance.offset_s, duration_s=utterance.duration_s
        )
        paths.append(folder / f"{number:04}.wav")
        soundfile.write(paths[-1], samples, RATE_HZ)
        texts.append(utterance.reference)
        audio_s += len(samples) / RATE_HZ
    rows = ({"audio": path.name, "text": text} for path, text in zip(paths, texts, strict=True))
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Corpus(folder, paths, texts, audio_s)


def loop(
    name: str, transcribe: Callable[[Sequence[Path]], list[str]], setting: Setting, corpus: Corpus
) -> Callable[[], Pass]:
    transcribe(corpus.paths[:WARM_UP])

    def once() -> Pass:
        with GpuWatch(setting.device) as gpu:
            before, started = time.process_time(), time.time()
            texts = transcribe(corpus.paths)
            ended, cpu_s = time.time(), time.process_time() - before
        return Pass(name, ended - started, cpu_s, texts, gpu_idle_share=gpu.idle_share(started, ended))

    return once


def command(name: str, setting: Setting, corpus: Corpus, device: str, cores: set[int]) -> Callable[[], Pass]:
    suite = {
        "schema": 1,
        "name": "throughput",
        "seed": 0,
        "systems": [{"id": "model", "engine": "transformers", "model": setting.model, "dtype": "float32"}],
        "datasets": [{"id": "corpus", "loader": "manifest", "path": str(corpus.folder / "corpus.jsonl")}],
        "conditions": [{"id": "as_recorded", "kind": "as_recorded"}],
    }
    path = corpus.folder / "throughput.yaml"
    path.write_text(yaml.safe_dump(suite))
    run = corpus.folder / name.replace(" ", "-")
    words = ["--out", run, "--device", device, "--batch-size", setting.batch, "--progress", "none", "--fresh"]
    workers = [] if "cuda" in device else ["--workers", 1]
    whole = [Path(sys.executable).with_name("asrdiag"), "run", path, *words, *workers]

    def used_s(*further: object) -> float:
        """The CPU time of a run, of all its processes."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [str(word) for word in (*whole, *further)],
            check=True,
            stdout=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def once() -> Pass:
        start_s = used_s("--limit", WARM_UP)
        with GpuWatch(setting.device) as gpu:
            cpu_s = used_s() - start_s
        folder = RunFolder(run)
        records = list(read_log(folder.samples("model/corpus/as_recorded")))
        began, ended = work_time(records)
        used = folder.read_run()["sessions"][-1]["systems"]["model"]
        idle_share = sum(one["idle_share"] for one in used) / len(used)
        texts = {record["sample_id"]: record["hypothesis_raw"] for record in records}
        in_order = [texts[path.stem] for path in corpus.paths]
        gpu_share = gpu.idle_share(began, ended)
        return Pass(name, ended - began, cpu_s, in_order, idle_share, gpu_share, run)

    return once


def work_time(records: Sequence[Any]) -> tuple[float, float]:
    """When the first clip began to be read, and when the last record was complete, in Unix time.

    The clips of the first batch are read one after the other, then transcribed, then scored.
    """
    times = [datetime.fromisoformat(record["completed_at"]).timestamp() for record in records]
    first = records[: records[0]["timing"]["batch_size"]]
    steps = ("load_s", "degrade_s", "transcribe_s")
    return times[0] - sum(record["timing"][step] for record in first for step in steps), max(times)


def store_cost(run: Path) -> tuple[float, float]:
    """Seconds for each clip to write its record, and for each cell to score it and write its tables."""
    folder = RunFolder(run)
    [(key, entry)] = folder.read_run()["cells"].items()
    records = list(read_log(folder.samples(key)))
    started = time.perf_counter()
    with JsonLog(run / "again.jsonl") as log:
        for record in records:
            log.append(record)
    written_s = time.perf_counter() - started
    score_cell(folder, key, entry)  # the first imports what it needs
    started = time.perf_counter()
    score_cell(folder, key, entry)
    return written_s / len(records), time.perf_counter() - started


def main(setting: Setting) -> None:
    import torch

    every = os.sched_getaffinity(0)
    one = every
    if setting.device == "cpu":
        torch.set_num_threads(1)
        one = {max(every)}
        os.sched_setaffinity(0, one)
    with tempfile.TemporaryDirectory() as folder:
        corpus = write_corpus(Path(folder), setting.repeats)
        model, device, batch = setting.model, setting.device, setting.batch
        contenders = [
            loop("sorted loop", sorted_loop(model, device, batch), setting, corpus),
            loop("pipeline", pipeline(model, device, 1), setting, corpus),
            loop("pipeline, batched", pipeline(model, device, batch), setting, corpus),
            loop("engine alone", engine_alone(model, device, batch), setting, corpus),
            command("asrdiag run", setting, corpus, device, one),
        ]
        if device == "cpu" and len(every) > 1:
            # A list of devices is fed, even where the one device in it is the CPU.
            contenders.append(command("asrdiag run, fed", setting, corpus, "cpu,cpu", every))
        # In turn, so that a busy minute of the machine does not fall on one of them.
        passes = [[once() for once in contenders] for _ in range(setting.passes)]
        show(setting, corpus, [list(found) for found in zip(*passes, strict=True)])


def show(setting: Setting, corpus: Corpus, found: list[list[Pass]]) -> None:
    """Print each contender's best pass, by wall time and by CPU time."""
    print(
        f"\n{Path(setting.model).name} on {setting.device}: {len(corpus.paths)} clips, "
        f"{corpus.audio_s:.0f} s, batches of {setting.batch}, best of {setting.passes}"
    )
    print(f"{'':19}{'RTFx':>8}{'to loop':>9}{'by CPU':>8}{'to loop':>9}{'WER %':>7}{'idle %':>8}{'GPU':>10}")
    normalize = EnglishTextNormalizer()
    references = [normalize(text) for text in corpus.texts]
    loop_s, loop_cpu_s = (min(getattr(one, name) for one in found[0]) for name in ("wall_s", "cpu_s"))
    for passes in found:
        best = min(passes, key=lambda one: one.wall_s)
        cpu_s = min(one.cpu_s for one in passes)
        wer = jiwer.wer(references, [normalize(text) for text in best.texts])
        shares = ("" if s is None else f"{100 * s:.1f}" for s in (best.idle_share, best.gpu_idle_share))
        idle, gpu_idle = shares
        print(
            f"{best.name:19}{corpus.audio_s / best.wall_s:8.1f}{loop_s / best.wall_s:9.2f}"
            f"{corpus.audio_s / cpu_s:8.1f}{loop_cpu_s / cpu_s:9.2f}{100 * wer:7.1f}{idle:>8}{gpu_idle:>10}"
        )
    [ours] = [min(passes, key=lambda one: one.wall_s) for passes in found if passes[0].name == "asrdiag run"]
    assert ours.run is not None
    record_s, cell_s = store_cost(ours.run)
    share = (record_s * len(corpus.paths) + cell_s) / ours.wall_s
    print(
        f"store: {1e6 * record_s:.0f} us to write a clip's record, {1e3 * cell_s:.0f} ms to score the cell "
        f"of {len(corpus.paths)} clips; together {100 * share:.1f} % of the run's time"
    )
