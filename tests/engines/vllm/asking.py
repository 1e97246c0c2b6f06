"""Systems and clips for the tests of the vllm engine."""

from pathlib import Path
from typing import Any

import numpy as np

from asrdiag.engines import ENGINES
from asrdiag.engines.base import Clip

RATE = 16_000


def system(model: Path, engine: str = "vllm", **keys: Any) -> Any:
    return ENGINES.load(engine)(id="theirs", engine=engine, model=str(model), **keys)


def clip(sample_id: str, seconds: float = 1.0, language: str = "en") -> Clip:
    samples = np.random.default_rng(1).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)
    return Clip(sample_id, samples, RATE, language)
