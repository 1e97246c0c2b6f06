"""Where a step of reinforcement learning spends its time, and the reward's share of it, on a real model.

    python benchmarks/rl.py MODEL ROWS [--steps 5] [--prompts 8] [--rollouts 8] [--device auto]

MODEL is a checkpoint (`asrdiag models import moonshine-tiny --out moonshine-tiny`), ROWS a file of
`asrdiag train data`.
The first step is left out: it pays for what is compiled and loaded once.
"""

import argparse
import json
import tempfile
from pathlib import Path

import torch
import yaml

from asrdiag.store.log import read_log
from asrdiag.trainers.learning.device import choose_device
from asrdiag.trainers.learning.folder import TrainFolder
from asrdiag.trainers.progress import make_display
from asrdiag.trainers.recipe import load_recipe
from asrdiag.trainers.rl.preparing import prepare
from asrdiag.trainers.rl.schema import RlRecipe

PARTS = ("audio", "rollout", "reward", "update")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--prompts", type=int, default=8)
    parser.add_argument("--rollouts", type=int, default=8)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    recipe = {
        "step": "rl",
        "name": "benchmark",
        "model": {"checkpoint": str(options.model.resolve())},
        "learning_rates": {"encoder": 5e-5, "decoder": 5e-5},
        "train": {"rows": str(options.rows.resolve())},
        "sampling": {"max_tokens_per_s": 6.5},
        "groups": {"prompts": options.prompts, "rollouts": options.rollouts, "learn_at_once": 4},
        "steps": options.steps + 1,
        "checkpoint_every": options.steps + 1,
    }
    device, _ = choose_device(options.device)
    with tempfile.TemporaryDirectory() as place, make_display("plain") as display:
        path = Path(place) / "recipe.yaml"
        path.write_text(yaml.safe_dump(recipe))
        folder = TrainFolder(Path(place) / "out")
        folder.path.mkdir()
        prepare(load_recipe(str(path), RlRecipe), folder, display, device).run()
        steps = list(read_log(folder.steps))[1:]
    seconds = {part: sum(step["seconds"].get(part, 0.0) for step in steps) for part in PARTS}
    total = sum(seconds.values())
    answers = sum(step["answers"] for step in steps)
    where = (
        torch.cuda.get_device_name() if device.startswith("cuda") else f"{torch.get_num_threads()} thread(s)"
    )
    print(f"{len(steps)} steps on {device} ({where}), {answers} answers, {total / len(steps):.2f} s a step")
    for part in PARTS:
        print(f"  {part:8} {seconds[part] / len(steps):9.3f} s  {100 * seconds[part] / total:6.2f} %")
    print(json.dumps({"device": device, "steps": len(steps), "answers": answers, "seconds": seconds}))


if __name__ == "__main__":
    main()
