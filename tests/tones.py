"""Small sets of made-up clips: tones that are clean, and tones in noise that are degraded."""

import json
from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000


def tone(number: int, seconds: float = 0.4) -> np.ndarray:
    time = np.arange(round(RATE * seconds)) / RATE
    pitch = 200 + 37 * (number % 17)
    return (0.2 * np.sin(2 * np.pi * pitch * time) * (np.sin(2 * np.pi * 3 * time) > 0)).astype(np.float32)


def noisy(number: int, level: float = 0.1, seconds: float = 0.4) -> np.ndarray:
    rng = np.random.default_rng(number)
    return (tone(number, seconds) + rng.normal(0, level, round(RATE * seconds))).astype(np.float32)


def write(folder: Path, name: str, clips: list[np.ndarray], **keys: object) -> Path:
    """A manifest and its files; `keys` go into every row."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, samples in enumerate(clips):
        audio = f"{name}-{number}.wav"
        soundfile.write(folder / audio, samples, RATE, subtype="FLOAT")
        rows.append({"audio": audio, "id": f"{name}-{number}", "text": "a tone", **keys})
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / f"{name}.jsonl"
