"""What the runner costs and gains: our transformers engine through it, beside loops over the same files.

Each contender reads the same wav files and transcribes them with the same checkpoint in float32 on the
same device (on the CPU with one thread). RTFx is audio time over the time from the first clip to the last,
the model being loaded and warm; the best of the passes counts.

- `pipeline`: `transformers.pipeline`, given the files one after the other.
- `pipeline, batched`: the same with its `batch_size`.
- `sorted loop`: what one writes by hand: all files read, sorted by length, padded batches through `generate`.
- `asrdiag run`: the command, with records, scores and all; on the CPU also with a process that feeds the
  recogniser, as it is done for GPUs.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import soundfile
import yaml

from asrdiag.audio import read_audio
from asrdiag.datasets import DATASETS
from asrdiag.engines.base import Clip
from asrdiag.store.folder import RunFolder
from asrdiag.store.log import JsonLog, read_log

RATE_HZ = 16_000
WARM_UP = 2
"""Files that each contender transcribes before its time counts."""


@dataclass(frozen=True)
class Setting:
    model: Path
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
class Speed:
    name: str
    rtfx: float
    idle_share: float | None = None
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
        audio_s += Clip("", samples, RATE_HZ).duration_s
    rows = ({"audio": path.name, "text": text} for path, text in zip(paths, texts, strict=True))
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Corpus(folder, paths, texts, audio_s)


def pipeline(setting: Setting, batch: int) -> Callable[[Sequence[Path]], list[str]]:
    from transformers import pipeline as make

    pipe = make("automatic-speech-recognition", model=str(setting.model), device=setting.device)

    def given(paths: Sequence[Path]) -> Any:
        for path in paths:
            yield {"raw": soundfile.read(path, dtype="float32")[0], "sampling_rate": RATE_HZ}

    return lambda paths: [found["text"] for found in pipe(given(paths), batch_size=batch)]


def sorted_loop(setting: Setting) -> Callable[[Sequence[Path]], list[str]]:
    import torch
    from transformers import AutoModelForSpeechSeq2Seq, AutoProcessor

    processor = AutoProcessor.from_pretrained(setting.model)
    model = AutoModelForSpeechSeq2Seq.from_pretrained(setting.model).to(setting.device).eval()

    @torch.inference_mode()
    def transcribe(paths: Sequence[Path]) -> list[str]:
        clips = [soundfile.read(path, dtype="float32")[0] for path in paths]
        order = sorted(range(len(clips)), key=lambda index: -len(clips[index]))
        texts = [""] * len(clips)
        for start in range(0, len(order), setting.batch):
            chosen = order[start : start + setting.batch]
            inputs = processor(
                [clips[index] for index in chosen],
                sampling_rate=RATE_HZ,
                return_tensors="pt",
                padding=True,
                return_attention_mask=True,
            ).to(setting.device)
            most = int(6.5 * len(clips[chosen[0]]) / RATE_HZ) + 9
            tokens = model.generate(**inputs, max_new_tokens=most, do_sample=False)
            for index, text in zip(
                chosen, processor.batch_decode(tokens, skip_special_tokens=True), strict=True
            ):
                texts[index] = text
        return texts

    return transcribe


def timed(
    name: str, transcribe: Callable[[Sequence[Path]], list[str]], corpus: Corpus
) -> Callable[[], Speed]:
    transcribe(corpus.paths[:WARM_UP])

    def once() -> Speed:
        started = time.perf_counter()
        transcribe(corpus.paths)
        return Speed(name, corpus.audio_s / (time.perf_counter() - started))

    return once


def command(name: str, setting: Setting, corpus: Corpus, device: str) -> Callable[[], Speed]:
    """The command on the corpus; its times are those that it writes down itself."""
    suite = {
        "schema": 1,
        "name": "throughput",
        "seed": 0,
        "systems": [
            {"id": "model", "engine": "transformers", "model": str(setting.model), "dtype": "float32"}
        ],
        "datasets": [{"id": "corpus", "loader": "manifest", "path": str(corpus.folder / "corpus.jsonl")}],
        "conditions": [{"id": "as_recorded", "kind": "as_recorded"}],
    }
    path = corpus.folder / "throughput.yaml"
    path.write_text(yaml.safe_dump(suite))
    run = corpus.folder / name.replace(" ", "-")
    words = ["--out", run, "--device", device, "--batch-size", setting.batch, "--progress", "none", "--fresh"]
    workers = [] if device.startswith("cuda") else ["--workers", 1]
    whole = [Path(sys.executable).with_name("asrdiag"), "run", path, *words, *workers]

    def once() -> Speed:
        subprocess.run([str(word) for word in whole], check=True, stdout=subprocess.DEVNULL)
        used = json.loads((run / "run.json").read_text())["sessions"][-1]["systems"]["model"]
        longest_s = max(one["transcribe_s"] / (1 - one["idle_share"]) for one in used)
        idle_share = sum(one["idle_share"] for one in used) / len(used)
        return Speed(name, corpus.audio_s / longest_s, idle_share, run)

    return once


def store_cost(run: Path) -> tuple[float, float]:
    """Seconds for each clip to write its record, and for each cell to score it and write its tables."""
    from asrdiag.scoring import score_cell

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

    if setting.device == "cpu":
        torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        corpus = write_corpus(Path(folder), setting.repeats)
        contenders = [
            timed("sorted loop", sorted_loop(setting), corpus),
            timed("pipeline", pipeline(setting, 1), corpus),
            timed("pipeline, batched", pipeline(setting, setting.batch), corpus),
            command("asrdiag run", setting, corpus, setting.device),
        ]
        if setting.device == "cpu":
            # A list of devices is fed, even where the one device in it is the CPU.
            contenders.append(command("asrdiag run, fed", setting, corpus, "cpu,cpu"))
        # In turn, so that a busy minute of the machine does not fall on one of them.
        passes = [[once() for once in contenders] for _ in range(setting.passes)]
        speeds = [max(found, key=lambda speed: speed.rtfx) for found in zip(*passes, strict=True)]
        loop, ours = speeds[0], speeds[3]
        print(
            f"\n{setting.model.name} on {setting.device}: {len(corpus.paths)} clips, {corpus.audio_s:.0f} s, "
            f"batches of {setting.batch}, best of {setting.passes}"
        )
        print(f"{'':20}{'RTFx':>8}{'of the loop':>13}{'recogniser idle %':>19}")
        for speed in speeds:
            idle = "" if speed.idle_share is None else f"{100 * speed.idle_share:.1f}"
            print(f"{speed.name:20}{speed.rtfx:8.1f}{speed.rtfx / loop.rtfx:13.2f}{idle:>19}")
        assert ours.run is not None
        record_s, cell_s = store_cost(ours.run)
        clips = len(corpus.paths)
        share = (record_s * clips + cell_s) / (corpus.audio_s / ours.rtfx)
        print(
            f"store: {1e6 * record_s:.0f} us to write a clip's record, {1e3 * cell_s:.0f} ms to score "
            f"the cell of {clips} clips; together {100 * share:.1f} % of the time that the recogniser took"
        )
