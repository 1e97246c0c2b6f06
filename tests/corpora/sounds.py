"""Audio files for made corpora."""

from pathlib import Path

import numpy as np
import soundfile


def write_tone(
    path: Path, *, seconds: float = 0.25, rate: int = 16000, channels: int = 1, seed: int = 0
) -> Path:
    """A faint tone of its own pitch for each seed, in the format that the name's ending says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * rate)) / rate
    tone = (0.1 * np.sin(2 * np.pi * (200 + 7 * seed) * time)).astype(np.float32)
    options = {"format": "OGG", "subtype": "OPUS"} if path.suffix == ".opus" else {}
    soundfile.write(path, np.tile(tone[:, None], channels), rate, **options)
    return path
