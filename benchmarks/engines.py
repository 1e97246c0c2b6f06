"""Speed and accuracy of the embedded engines, side by side with moonshine-voice's own transcriber.

Every system hears the same clips of the demo corpus on one core. RTFx is audio time over wall time, the best
of three passes; WER is jiwer's after the Whisper English normaliser.

Where transformers is installed, then what the runner costs and gains, see `throughput.py`: with Moonshine
Tiny from the packaged weights, or with a checkpoint of Moonshine or Whisper, also on a GPU.

    python benchmarks/engines.py
    python benchmarks/engines.py --model openai/whisper-large-v3 --device cuda --batch-size 32 --repeats 40
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import util
from pathlib import Path

import jiwer
import throughput
from moonshine_voice.moonshine_api import ModelArch
from moonshine_voice.transcriber import Transcriber
from whisper_normalizer.english import EnglishTextNormalizer

from asrdiag.audio import read_audio
from asrdiag.datasets import DATASETS
from asrdiag.engines import ENGINES
from asrdiag.engines.base import Clip
from asrdiag.engines.moonshine_files import find_files

PASSES = 3


@dataclass(frozen=True)
class Result:
    system: str
    rtfx: float
    wer_pct: float


def demo_clips() -> tuple[list[Clip], list[str]]:
    utterances = DATASETS.load("demo")(id="demo", loader="demo").utterances()
    clips = [
        Clip(
            u.sample_id,
            read_audio(u.audio_path, 16_000, offset_s=u.offset_s, duration_s=u.duration_s),
            16_000,
        )
        for u in utterances
    ]
    return clips, [u.reference for u in utterances]


def ours(engine: str) -> Callable[[Clip], str]:
    recognizer = ENGINES.load(engine)(id=engine, engine=engine).open("cpu")
    return lambda clip: recognizer.transcribe([clip])[0].text


def package_transcriber() -> Callable[[Clip], str]:
    files = find_files()
    assert files is not None, "moonshine-voice is not installed"
    transcriber = Transcriber(str(files.encoder.parent), ModelArch.TINY)

    def transcribe(clip: Clip) -> str:
        lines = transcriber.transcribe_without_streaming(clip.samples.tolist(), clip.sample_rate_hz).lines
        return " ".join(line.text for line in lines)

    return transcribe


def measure(
    system: str, transcribe: Callable[[Clip], str], clips: list[Clip], references: list[str]
) -> Result:
    transcribe(clips[0])
    best_s = float("inf")
    for _ in range(PASSES):
        started = time.perf_counter()
        texts = [transcribe(clip) for clip in clips]
        best_s = min(best_s, time.perf_counter() - started)
    normalize = EnglishTextNormalizer()
    wer = jiwer.wer([normalize(text) for text in references], [normalize(text) for text in texts])
    return Result(system, sum(clip.duration_s for clip in clips) / best_s, 100 * wer)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a checkpoint's folder or name; the embedded engines are left out")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=12, help="of the demo corpus")
    parser.add_argument("--passes", type=int, default=PASSES, help="of which the best counts")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity") and options.device == "cpu" and options.model is None:
        every = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(every)})
        embedded()
        os.sched_setaffinity(0, every)
    elif options.model is None:
        embedded()
    if util.find_spec("transformers") is None:
        print("to compare the runner with loops: pip install 'asrdiag[transformers]'")
        return
    with tempfile.TemporaryDirectory() as folder:
        model = options.model or str(checkpoint(Path(folder) / "moonshine-tiny"))
        throughput.main(
            throughput.Setting(model, options.device, options.batch_size, options.passes, options.repeats)
        )


def checkpoint(folder: Path) -> Path:
    from asrdiag.checkpoints.moonshine_tiny import import_moonshine_tiny

    import_moonshine_tiny(folder)
    return folder


def embedded() -> None:
    clips, references = demo_clips()
    results = [
        measure("moonshine (asrdiag)", ours("moonshine"), clips, references),
        measure("moonshine-voice Transcriber", package_transcriber(), clips, references),
        measure("pocketsphinx (asrdiag)", ours("pocketsphinx"), clips, references),
    ]
    audio_s = sum(clip.duration_s for clip in clips)
    print(f"demo: {len(clips)} clips, {audio_s:.1f} s, one core, best of {PASSES}")
    print(f"{'system':30}{'RTFx':>8}{'ratio':>8}{'WER %':>8}")
    for result in results:
        ratio = result.rtfx / results[0].rtfx
        print(f"{result.system:30}{result.rtfx:8.1f}{ratio:8.2f}{result.wer_pct:8.1f}")


if __name__ == "__main__":
    main()
