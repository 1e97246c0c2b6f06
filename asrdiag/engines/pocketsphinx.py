"""PocketSphinx with its bundled US-English model: the classical floor."""

from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..spec import Json
from .base import Clip, EngineSpec, Package, Transcript
from .devices import unusable_device
from .silence import SILENCE_DBFS, gated

DECODING: Mapping[str, Any] = {
    "beam": 1e-48,
    "wbeam": 7e-29,
    "pbeam": 1e-48,
    "lw": 6.5,
    "wip": 0.65,
    "fwdflat": True,
    "bestpath": True,
    "cmn": "batch",
}
"""The package's own defaults, given explicitly so that the identity says what is used."""


class PocketSphinxSpec(EngineSpec):
    """Hidden Markov models, a trigram language model and a dictionary of 134 thousand words."""

    cpu_only: ClassVar[bool] = True

    requires: ClassVar[tuple[Package, ...]] = (Package("pocketsphinx", "pocketsphinx"),)
    install: ClassVar[str] = "pip install pocketsphinx"

    engine: Literal["pocketsphinx"]

    def known_languages(self) -> tuple[str, ...] | None:
        return ("en",)

    def identity(self) -> dict[str, Json]:
        """Model, package version and search parameters.

        Raises:
            UsageError: the package is not installed.
        """
        if reason := self.unavailable():
            raise UsageError(f"{self.id}: {reason}")
        return {
            "model": "pocketsphinx-en-us",
            "revision": f"pocketsphinx {metadata.version('pocketsphinx')}",
            "decoding": {**DECODING, "silence_dbfs": SILENCE_DBFS},
        }

    def open(self, device: str) -> "PocketSphinxRecognizer":
        """Load the model; only `cpu`.

        Raises:
            UsageError: the package is not installed, or another device is asked for.
        """
        if device != "cpu":
            raise UsageError(unusable_device(device, system=self.id, usable=["cpu"]))
        if reason := self.unavailable():
            raise UsageError(f"{self.id}: {reason}")
        import pocketsphinx

        # Its log would write a page to stderr for every clip.
        return PocketSphinxRecognizer(pocketsphinx.Decoder(samprate=16_000, loglevel="FATAL", **DECODING))


class PocketSphinxRecognizer:
    """Decodes each clip whole and from the same initial state."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder

    def transcribe(self, clips: Sequence[Clip]) -> list[Transcript]:
        """One transcript a clip, in order.

        Details: for a silent clip `gated` and `peak_dbfs`; `no_hypothesis` where the search found nothing,
        which is usual below 0.1 s; `no_features` where every frame is too weak for the front end.
        """
        return [self._transcribe(clip) for clip in clips]

    def _transcribe(self, clip: Clip) -> Transcript:
        if answer := gated(clip.samples):
            return answer
        # The noise estimate and the cepstral mean live on from clip to clip: without this most transcripts or
        # scores depend on what came before. It takes 0.1 ms, a new decoder 200 ms.
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        try:
            self._decoder.process_raw(_pcm16(clip.samples), full_utt=True)
        finally:
            self._decoder.end_utt()
        if "nan" in self._decoder.get_cmn():
            # No frame had a positive log energy, so the mean is 0/0 and the search ran on garbage: its words
            # change from one time to the next.
            return Transcript("", {"no_features": True})
        hypothesis = self._decoder.hyp()
        if hypothesis is None:
            return Transcript("", {"no_hypothesis": True})
        return Transcript(hypothesis.hypstr)


def _pcm16(samples: npt.NDArray[np.float32]) -> bytes:
    return np.clip(np.rint(samples * 32_768), -32_768, 32_767).astype("<i2").tobytes()
