"""An encoder without a model, and one model for all tests that need a real one."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asrdiag.semantic import SemanticScorer, measuring
from asrdiag.semantic.encoder import Encoded
from asrdiag.semantic.model import EmbeddingModel


class MadeEncoder:
    """Gives each text a vector of its own; remembers what it was asked, and fails after `allowed` texts."""

    asked: list[str]
    allowed: int | None = None

    def __init__(self, model: EmbeddingModel, **_: object) -> None:
        self.dimension = 8

    def encode(self, texts: Sequence[str]) -> Encoded:
        if self.allowed is not None and len(self.asked) + len(texts) > self.allowed:
            raise KeyboardInterrupt
        self.asked.extend(texts)
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) for text in texts]
        drawn = np.stack([np.random.default_rng(seed).normal(size=8) for seed in seeds])
        vectors = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
        return Encoded(vectors, np.ones(len(texts), dtype=np.uint32))


@pytest.fixture
def made_encoder(monkeypatch: pytest.MonkeyPatch) -> type[MadeEncoder]:
    """Takes the place of every model; a class of its own for each test."""
    fresh = type("Fresh", (MadeEncoder,), {"asked": [], "allowed": None})
    monkeypatch.setattr(measuring, "Encoder", fresh)
    return fresh


@pytest.fixture
def model_folder(tmp_path: Path) -> Any:
    """Writes folders that look like models, with a card."""

    def write(name: str, card: str = "---\nlanguage: en\n---\n", weights: bytes = b"weights") -> Path:
        folder = tmp_path / name
        (folder / "1_Pooling").mkdir(parents=True)
        (folder / "modules.json").write_text("[]")
        (folder / "1_Pooling" / "config.json").write_text("{}")
        (folder / "model.safetensors").write_bytes(weights)
        (folder / "README.md").write_text(card)
        return folder

    return write


@pytest.fixture(scope="session")
def minilm() -> SemanticScorer:
    return SemanticScorer(device="cpu")
