"""What a router costs: Moonshine Tiny in torch alone, with an adapter, and with an adapter that is switched.

The adapter (rank 8 on attention and feed-forward layers) is without effect, so that all systems write the
same words and differ in time only; the router has the published architecture and random weights, and its
threshold sends half of the clips each way. Times are CPU seconds of one thread over the demo corpus, the best
of several passes, which take turns. Needs the extra `transformers`.

    OMP_NUM_THREADS=1 python benchmarks/router.py
    python benchmarks/router.py --router training/router/router --device cuda
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from asrdiag.audio import read_audio
from asrdiag.checkpoints.moonshine_tiny import import_moonshine_tiny
from asrdiag.datasets import DATASETS
from asrdiag.engines import ENGINES
from asrdiag.engines.base import Clip
from asrdiag.routing.config import WEIGHTS, RouterConfig
from asrdiag.routing.model import RouterModel
from asrdiag.routing.router import Router
from asrdiag.routing.switching import WeightSwitch

BATCH = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--router", type=Path, help="a trained one's folder; otherwise random weights")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=2, help="of the demo corpus")
    options = parser.parse_args()
    clips = demo_clips() * options.repeats
    audio_s = sum(clip.duration_s for clip in clips)
    with tempfile.TemporaryDirectory() as folder:
        model, adapter = Path(folder) / "model", Path(folder) / "adapter"
        import_moonshine_tiny(model)
        write_adapter(model, adapter)
        router_folder = options.router or write_router(Path(folder) / "router")
        router = Router.open(router_folder, options.device)
        found = router.p_degraded([clip.samples for clip in clips])
        keys: dict[str, dict[str, Any]] = {
            "base": {},
            "adapter always on": {"adapter": str(adapter)},
            "routed, half of the clips": routed(adapter, router_folder, statistics.median(found)),
            "routed, no clip": routed(adapter, router_folder, 1.0),
            "routed, every clip": routed(adapter, router_folder, 0.0),
        }
        spec = ENGINES.load("transformers")
        opened = {
            name: spec(id="tiny", engine="transformers", model=str(model), **own).open(options.device)
            for name, own in keys.items()
        }
        best = dict.fromkeys([*opened, "router alone"], float("inf"))
        for _ in range(options.passes):
            for name, recognizer in opened.items():
                best[name] = min(best[name], timed(lambda one=recognizer: transcribe(one, clips)))
            alone = timed(lambda: hear(router, clips))
            best["router alone"] = min(best["router alone"], alone)
        switch = opened["routed, half of the clips"]._routing._switch
        both = timed(lambda: [switch.use(on) for _ in range(500) for on in (True, False)])
    print(f"{len(clips)} clips, {audio_s:.0f} s of audio, batches of {BATCH}, {options.device}\n")
    print(f"{'':28}{'CPU s':>8}{'of base':>10}")
    for name, seconds in best.items():
        print(f"{name:28}{seconds:8.2f}{seconds / best['base']:10.3f}")
    print(f"\nrouter: {1000 * best['router alone'] / audio_s:.2f} ms a second of audio")
    if isinstance(switch, WeightSwitch):
        n_bytes = switch.extra_bytes
        print(f"switch: {both:.3f} ms, {len(switch.pairs)} layers, {n_bytes / 2**20:.1f} MiB a second time")


def timed(work: Callable[[], object]) -> float:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    clock = time.perf_counter if torch.cuda.is_available() else time.process_time
    started = clock()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return clock() - started


def transcribe(recognizer: Any, clips: Sequence[Clip]) -> None:
    for first in range(0, len(clips), BATCH):
        recognizer.transcribe(clips[first : first + BATCH])


def hear(router: Router, clips: Sequence[Clip]) -> None:
    for first in range(0, len(clips), BATCH):
        router.p_degraded([clip.samples for clip in clips[first : first + BATCH]])


def routed(adapter: Path, router: Path, threshold: float) -> dict[str, Any]:
    return {"adapter": str(adapter), "router": str(router), "router_threshold": threshold}


def demo_clips() -> list[Clip]:
    utterances = DATASETS.load("demo")(id="demo", loader="demo").utterances()
    found = []
    for one in utterances:
        samples = read_audio(one.audio_path, 16_000, offset_s=one.offset_s, duration_s=one.duration_s)
        found.append(Clip(one.sample_id, samples, 16_000))
    return sorted(found, key=lambda clip: -len(clip.samples))


def write_adapter(model: Path, folder: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import MoonshineForConditionalGeneration

    layers = ["q_proj", "k_proj", "v_proj", "o_proj", "fc1", "fc2"]
    config = LoraConfig(r=8, lora_alpha=16, target_modules=layers)
    get_peft_model(MoonshineForConditionalGeneration.from_pretrained(model), config).save_pretrained(folder)


def write_router(folder: Path) -> Path:
    from safetensors.torch import save_file

    folder.mkdir()
    config = RouterConfig()
    torch.manual_seed(0)
    save_file(RouterModel(config).state_dict(), folder / WEIGHTS)
    config.write(folder)
    return folder


if __name__ == "__main__":
    main()
