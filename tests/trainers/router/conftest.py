import argparse
from pathlib import Path

import pytest
import tones
import yaml

MODEL = {
    "n_mels": 16,
    "convolutions": [{"channels": 16, "stride": 2}, {"channels": 16}],
    "heads": 2,
    "feed_forward": 32,
}


@pytest.fixture(scope="session")
def sets(tmp_path_factory):
    """A folder with manifests of clean and of noisy tones, for training and for the rest."""
    folder = tmp_path_factory.mktemp("tones")
    tones.write(folder, "clean", [tones.tone(number) for number in range(12)])
    tones.write(
        folder,
        "noisy",
        [tones.noisy(number) for number in range(20)],
        factors={"scenario": "noise", "severity": 0.3},
    )
    tones.write(folder, "held-clean", [tones.tone(number + 20) for number in range(6)])
    mild = [tones.noisy(number + 20, 0.02) for number in range(4)]
    loud = [tones.noisy(number + 30, 0.2) for number in range(4)]
    tones.write(folder, "mild", mild, factors={"scenario": "noise", "severity": 0.25})
    tones.write(folder, "loud", loud, factors={"scenario": "noise-dropout", "severity": 1.0})
    return folder


@pytest.fixture(scope="session")
def said(sets):
    """A recipe's keys."""
    return {
        "step": "router",
        "name": "tones",
        "model": MODEL,
        "train": [
            {"manifest": str(sets / "clean.jsonl"), "label": "clean"},
            {"manifest": str(sets / "noisy.jsonl")},
        ],
        "validation": [
            {"manifest": str(sets / "held-clean.jsonl"), "label": "clean"},
            {"manifest": str(sets / "loud.jsonl")},
        ],
        "training": {"epochs": 8, "batch_size": 8, "evaluations": 3, "save_every": 3, "learning_rate": 3e-3},
    }


@pytest.fixture
def options(tmp_path):
    """What the command line makes of `asrdiag train router`; writes the recipe."""

    def make(keys, out=None, **more) -> argparse.Namespace:
        path = tmp_path / "recipe.yaml"
        path.write_text(yaml.safe_dump(keys))
        given = {"data": [], "set": [], "device": "cpu", "dry_run": False, "fresh": False, "progress": "none"}
        return argparse.Namespace(recipe=str(path), out=Path(out or tmp_path / "out"), **(given | more))

    return make
