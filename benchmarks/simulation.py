"""Speed of the simulator, in clips a second on one core, side by side with other libraries.

Clips of 5 s at 16 kHz, severities spread over [0, 1]; CPU time, user and system, the median of several rounds
in which each library has its turn. Every step is timed, the generation of the noise included, save with
pedalboard, which gets its noise ready made. Libraries that are not installed are named.

    pip install pedalboard pyloudnorm 'audiomentations[extras]'        # optional; pedalboard is GPL-3.0
    python benchmarks/simulation.py [--clips N] [--rounds N] [--primitives] [--processes N [--corpus N]]
"""

import argparse
import platform
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from corpus import compare_workers

from asrdiag.datasets.base import Utterance
from asrdiag.simulation import SCENARIOS, Source, degrade
from asrdiag.simulation.chain import chain_of
from asrdiag.simulation.primitives import (
    Samples,
    add_noise,
    distort,
    draw_losses,
    echo,
    highpass,
    loudness_lufs,
    lowpass,
    resample_down_up,
    reverberate,
    stutter,
)
from asrdiag.simulation.primitives.recursions import KERNEL
from asrdiag.simulation.scenarios import SINGLE
from asrdiag.simulation.speech_shaped_noise import SpeechShapedNoise

RATE = 16_000
CLIP_S = 5.0
CHAINS = [name for name, scenario in SCENARIOS.items() if len(scenario.effects) in (1, 5)]

Chain = Callable[[Samples, float, int], Any]
"""From a clip, a severity and a seed to a degraded clip."""


def workload(n_clips: int) -> list[Samples]:
    """Noise with the spectrum and the rhythm of speech, at -26 dB: as loud as speech usually is."""
    noise = SpeechShapedNoise(modulated=True)
    clips = []
    for seed in range(n_clips):
        source = Source(Utterance(f"clip{seed}", Path(), ""), (), read, seed)
        made = noise.make(round(CLIP_S * RATE), RATE, source, "workload").samples
        clips.append((0.05 * made).astype(np.float32))
    return clips


def read(utterance: Utterance, sample_rate_hz: int) -> Samples:
    raise NotImplementedError("the workload's noise needs no other clip")


def ours(name: str) -> Chain:
    return lambda clip, severity, seed: degrade(clip, RATE, name, severity, seed)


def with_pedalboard(name: str) -> Chain | None:
    """The same chain of pedalboard's plug-ins and pyloudnorm's meter; its filters are another kind."""
    try:
        import pedalboard as pb
        import pyloudnorm
    except ImportError:
        return None
    noise = np.random.RandomState(0).standard_normal(round(CLIP_S * RATE)).astype(np.float32)
    meter = pyloudnorm.Meter(RATE)

    def level(clip: Samples, target_lufs: float) -> Samples:
        found = meter.integrated_loudness(clip.astype(np.float64))
        return pyloudnorm.normalize.loudness(clip, found, target_lufs).astype(np.float32)

    def narrow(clip: Samples, through_hz: int, gate: float, threshold: float) -> Samples:
        if gate < threshold:
            return clip
        return pb.Resample(through_hz, pb.Resample.Quality.WindowedSinc32)(clip, RATE)

    def filtered(plugin: Any, clip: Samples, cutoff_hz: float, passes: int) -> Samples:
        return pb.Pedalboard([plugin(cutoff_hz) for _ in range(passes)])(clip, RATE)

    def broken(clip: Samples, **parameters: Any) -> Samples:
        rng = np.random.RandomState(0)
        return stutter(clip, RATE, draw_losses(len(clip), RATE, rng, **parameters).frame_map)

    acts: dict[str, Callable[..., Samples]] = {
        "add_noise": lambda clip, noise_db, **_: add_noise(clip, RATE, noise, noise_db=noise_db),
        "loudness": level,
        "stutter": broken,
        "resample": narrow,
        "lowpass": lambda clip, wet, **v: filtered(pb.LowpassFilter, clip, **v),
        "highpass": lambda clip, wet, **v: filtered(pb.HighpassFilter, clip, **v),
        "reverb": lambda clip, **v: pb.Reverb(**v)(clip, RATE),
        "echo": lambda clip, delay_s, **v: pb.Delay(delay_seconds=delay_s, **v)(clip, RATE),
        "distortion": lambda clip, drive_db: pb.Distortion(drive_db)(clip, RATE),
    }
    scenario = SCENARIOS[name]
    links = chain_of(scenario, "standard")

    def chain(clip: Samples, severity: float, seed: int) -> Samples:
        position = scenario.ranges.position(severity)
        for link in links:
            clip = acts[link.step.primitive](clip, **link.step.values(position))
        return clip

    return chain


def with_audiomentations(name: str) -> Chain | None:
    """The two effects that audiomentations has the parts for; its reverberation needs a room simulator."""
    try:
        import audiomentations as am
    except ImportError:
        return None
    loudness = am.LoudnessNormalization(-23.0, -23.0, p=1.0)
    parts = {
        "noise": [am.AddColorNoise(-10.0, 5.0, -3.01, -3.01, p=1.0), loudness],
        "distortion": [am.TanhDistortion(p=1.0), am.LowPassFilter(2800, 6000, 6, 6, p=1.0), loudness],
    }
    if name not in parts:
        return None
    together = am.Compose(parts[name])
    return lambda clip, severity, seed: together(clip, RATE)


CONTENDERS: dict[str, Callable[[str], Chain | None]] = {
    "asrdiag": ours,
    "pedalboard+pyloudnorm": with_pedalboard,
    "audiomentations": with_audiomentations,
}
PACKAGES = ("numpy", "scipy", "soxr", "pedalboard", "pyloudnorm", "audiomentations")


def cpu_s(chain: Chain, clips: list[Samples]) -> float:
    started = time.process_time()
    for seed, clip in enumerate(clips):
        chain(clip, seed / max(1, len(clips) - 1), seed)
    return time.process_time() - started


def compare(clips: list[Samples], rounds: int) -> None:
    print(f"{'scenario':48}" + "".join(f"{name:>24}" for name in CONTENDERS))
    singles: list[float] = []
    for name in CHAINS:
        entrants = {label: make(name) for label, make in CONTENDERS.items()}
        times: dict[str, list[float]] = {label: [] for label, chain in entrants.items() if chain}
        for _ in range(rounds):
            for label, chain in entrants.items():
                if chain:
                    times[label].append(cpu_s(chain, clips) / len(clips))
        rates = {label: 1 / median(column) for label, column in times.items()}
        cells = (f"{rates[label]:,.0f}" if label in rates else "-" for label in entrants)
        print(f"{name:48}" + "".join(f"{cell:>24}" for cell in cells))
        if SCENARIOS[name].ranges == SINGLE:
            singles.append(rates["asrdiag"])
    mean = len(singles) / sum(1 / rate for rate in singles)
    print(f"{'the seven single effects, as many clips of each':48}{mean:>24,.0f}")


def primitives(clips: list[Samples], rounds: int) -> None:
    noise = clips[0][::-1].copy()
    losses = draw_losses(
        len(noise), RATE, np.random.RandomState(0), probability=0.2, longest=3, repeat_probability=0.7
    )
    eight: dict[str, Callable[[Samples], Any]] = {
        "noise, ready made": lambda c: add_noise(c, RATE, noise, noise_db=0.0),
        "echo": lambda c: echo(c, RATE, delay_s=0.2, feedback=0.4, mix=0.25),
        "reverb": lambda c: reverberate(c, RATE, room_size=0.5, damping=0.7, wet_level=0.45, dry_level=0.5),
        "distortion": lambda c: distort(c, RATE, drive_db=40.0),
        "resampling to 8 kHz and back": lambda c: resample_down_up(c, RATE, through_hz=8000),
        "low-pass, 1 pass": lambda c: lowpass(c, RATE, 3500.0),
        "low-pass, 6 passes": lambda c: lowpass(c, RATE, 3500.0, passes=6),
        "high-pass, 6 passes": lambda c: highpass(c, RATE, 500.0, passes=6),
        "loudness, measured": lambda c: loudness_lufs(c, RATE),
        "stutter": lambda c: stutter(c, RATE, losses.frame_map),
    }
    print(f"\n{'primitive':48}{'ms a clip':>24}")
    for name, action in eight.items():
        each = [cpu_s(lambda clip, *_, act=action: act(clip), clips) / len(clips) for _ in range(rounds)]
        print(f"{name:48}{1000 * median(each):>24.3f}")


def many(n_clips: int) -> float:
    """The wall time of so many clips with five effects, in a process of its own."""
    few = workload(4)
    cpu_s(ours(CHAINS[-1]), few)
    started = time.perf_counter()
    cpu_s(ours(CHAINS[-1]), few * (n_clips // len(few)))
    return time.perf_counter() - started


def scaling(n_clips: int, processes: int) -> None:
    """Wall time, which is what a second process is for: for a machine that does nothing else; best of 3."""
    print(f"\n{'processes':48}{'clips/s':>24}")
    for count in sorted({1, processes}):
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            walls = [max(pool.map(many, [n_clips] * count)) for _ in range(3)]
        print(f"{count:<48}{count * n_clips / min(walls):>24,.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--primitives", action="store_true", help="each primitive on its own too")
    parser.add_argument("--processes", type=int, default=0, help="also this many processes at once")
    parser.add_argument("--corpus", type=int, default=4000, help="clips that `simulate` makes then")
    options = parser.parse_args()
    warnings.simplefilter("ignore")

    def installed(package: str) -> str:
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            return f"{package} not installed"

    where = f"{platform.machine()}, Python {sys.version.split()[0]}, kernel {KERNEL}"
    print(f"{datetime.now(UTC):%Y-%m-%d}, {where}")
    print(", ".join(installed(package) for package in PACKAGES))
    print(f"{options.clips} clips of {CLIP_S:g} s at {RATE} Hz; clips/s on one core\n")
    clips = workload(options.clips)
    for name in CHAINS:  # what is read or imported at first use
        for make in CONTENDERS.values():
            if chain := make(name):
                cpu_s(chain, clips[:2])
    compare(clips, options.rounds)
    if options.primitives:
        primitives(clips, options.rounds)
    if options.processes:
        scaling(options.clips * 5, options.processes)
        compare_workers(clips, RATE, options.corpus, options.processes)


if __name__ == "__main__":
    main()
