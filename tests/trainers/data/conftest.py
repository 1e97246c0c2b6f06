"""Small sets of training rows with clips of noise."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml

from asrdiag.cli.main import main

WORDS = ["cat", "dog", "hen", "cow", "pig", "fox", "owl", "bat", "ant", "bee"]


def write_clip(path: Path, seed: int, seconds: float = 0.25, rate: int = 16000) -> Path:
    """White noise at -20 dBFS, another for each seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(seed).normal(0, 0.1, round(seconds * rate)), rate)
    return path


def write_lines(path: Path, rows: Sequence[Mapping[str, Any] | str]) -> Path:
    """Rows as JSONL; one that is text is written as it is."""
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def spoilt(text: str, wrong: int) -> str:
    """The text with so many of its words wrong."""
    return " ".join(["wrong"] * wrong + text.split()[wrong:])


def sentence(number: int) -> str:
    """Ten words, another sentence for each number up to ten."""
    return " ".join(WORDS[number % 10 :] + WORDS[: number % 10])


Maker = Callable[..., int]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maker:
    """Runs `asrdiag train data` on a recipe with these keys, in the test's folder; gives the exit status."""
    monkeypatch.chdir(tmp_path)

    def run(*options: str, **keys: Any) -> int:
        recipe = {"step": "data", "name": "small", **keys}
        (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
        return main(["train", "data", "recipe.yaml", "--out", "out", "--progress", "none", *options])

    return run


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Forty rows: ten sentences by five speakers, one wrong word more in each fourth; eight clips."""
    found = []
    for number in range(8):
        write_clip(tmp_path / "clips" / f"{number}.wav", number)
    for number in range(40):
        text = sentence(number)
        found.append(
            {
                "id": f"r{number}",
                "audios": [f"clips/{number % 8}.wav"],
                "solution": text,
                "prediction": spoilt(text, number // 4),  # 0 to 9 of ten words: bins 12, 8, 8, dropped 12
                "meta": {
                    "scenario": "noise" if number % 2 else "echo",
                    "severity": (number % 4) / 4,
                    "speaker": f"s{number % 5}",
                },
            }
        )
    return write_lines(tmp_path / "rows.jsonl", found)
