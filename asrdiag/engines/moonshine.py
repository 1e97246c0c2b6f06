"""Moonshine Tiny (English), from the files inside the moonshine-voice wheel."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from ..errors import UsageError
from ..spec import Json
from .base import Clip, EngineSpec, Package, Transcript
from .chunks import split_at_pauses
from .devices import cuda_index, unusable_device
from .moonshine_files import PACKAGE, MoonshineFiles, find_files, package_version, sha256
from .moonshine_tokens import Vocabulary, read_vocabulary
from .silence import SILENCE_DBFS, gated, is_silent

if TYPE_CHECKING:
    from .moonshine_graph import MoonshineGraph

CUDA = "CUDAExecutionProvider"
LONGEST_CHUNK_S = 24.0
CUT_WINDOW_S = 6.0


class MoonshineSpec(EngineSpec):
    """Moonshine Tiny: 27 million parameters, quantised to 8 bits, run by onnxruntime."""

    requires: ClassVar[tuple[Package, ...]] = (
        Package("moonshine-voice", "moonshine_voice"),
        Package("onnxruntime", "onnxruntime"),
    )
    install: ClassVar[str] = f"pip install {PACKAGE} onnxruntime"

    engine: Literal["moonshine"]

    def known_languages(self) -> tuple[str, ...] | None:
        return ("en",)

    def identity(self) -> dict[str, Json]:
        """Model, wheel, the files' digests and how they are decoded.

        Raises:
            UsageError: the files are not installed.
        """
        return {
            "model": "moonshine-tiny",
            "revision": f"moonshine-voice {package_version()}",
            "files": {path.name: sha256(path) for path in self._files().all()},
            "decoding": {
                "strategy": "greedy",
                "most_tokens": "min(193, ceil(6.5 * duration_s) + 8)",
                "longest_chunk_s": LONGEST_CHUNK_S,
                "cut_window_s": CUT_WINDOW_S,
                "silence_dbfs": SILENCE_DBFS,
            },
        }

    @classmethod
    def lacks(cls) -> str | None:
        # Other versions of the package do not have them.
        if find_files() is None:
            return f"the model files of Moonshine Tiny are not installed: pip install {PACKAGE}"
        return super().lacks()

    @classmethod
    def device_kinds(cls) -> tuple[str, ...]:
        """With `cuda` where onnxruntime is its build for GPUs."""
        if cls.lacks():
            return ("cpu",)
        import onnxruntime

        return ("cpu", "cuda") if CUDA in onnxruntime.get_available_providers() else ("cpu",)

    def refuses(self, device: str) -> str | None:
        if device == "cpu":
            return None
        # Imported here: listing and validating need not wait 0.2 s for it.
        import onnxruntime

        if CUDA not in onnxruntime.get_available_providers():
            hint = "; cuda needs onnxruntime-gpu in place of onnxruntime"
            return unusable_device(device, system=self.id, usable=["cpu"], hint=hint)
        if cuda_index(device) is None:
            return unusable_device(device, system=self.id, usable=["cpu", "cuda", "cuda:N"])
        return None

    def open(self, device: str) -> "MoonshineRecognizer":
        """Load the graphs and transcribe a second of noise, so that the first clip is as fast as the rest.

        Raises:
            UsageError: the files are not installed, or onnxruntime cannot use `device`.
        """
        files = self._files()
        if reason := self.refuses(device):
            raise UsageError(reason)
        from .moonshine_graph import MoonshineGraph

        providers: list[Any] = ["CPUExecutionProvider"]
        index = cuda_index(device)
        if index is not None:
            providers.insert(0, (CUDA, {"device_id": index}))
        graph = MoonshineGraph(files, providers)
        if index is not None and CUDA not in graph.providers:
            # onnxruntime falls back to the CPU without an error; timings would then name the wrong device.
            hint = f"; onnxruntime could not start {CUDA} on it"
            raise UsageError(unusable_device(device, system=self.id, usable=["cpu"], hint=hint))
        graph.decode(np.random.default_rng(0).normal(0, 0.01, 16_000).astype(np.float32))
        return MoonshineRecognizer(graph, read_vocabulary(files.tokenizer))

    def _files(self) -> MoonshineFiles:
        files = find_files()
        if files is None:
            raise UsageError(f"{self.id}: {self.unavailable()}")
        return files


class MoonshineRecognizer:
    """Transcribes clips one at a time, whatever the batch.

    The graph quantises activations with one scale for the whole batch, and normalises over time including the
    padding, so in a batch a clip's transcript would depend on its neighbours.
    """

    def __init__(self, graph: "MoonshineGraph", vocabulary: Vocabulary) -> None:
        self._graph, self._vocabulary = graph, vocabulary

    def transcribe(self, clips: Sequence[Clip]) -> list[Transcript]:
        """One transcript a clip, in order.

        Details: `n_tokens`, `n_chunks`; where they apply `truncated` (the limit came before the end marker),
        `n_gated_chunks`, and for a clip that is silent throughout `gated` and `peak_dbfs` (`None`: not one
        sample differs from the others).
        """
        return [self._transcribe(clip) for clip in clips]

    def _transcribe(self, clip: Clip) -> Transcript:
        if answer := gated(clip.samples):
            return answer
        chunks = split_at_pauses(
            clip.samples, clip.sample_rate_hz, longest_s=LONGEST_CHUNK_S, window_s=CUT_WINDOW_S
        )
        audible = [chunk for chunk in chunks if not is_silent(chunk)]
        decoded = [self._graph.decode(chunk) for chunk in audible]
        details: dict[str, Json] = {
            "n_tokens": sum(len(part.tokens) for part in decoded),
            "n_chunks": len(chunks),
        }
        if len(audible) < len(chunks):
            details["n_gated_chunks"] = len(chunks) - len(audible)
        if any(part.truncated for part in decoded):
            details["truncated"] = True
        texts = (self._vocabulary.text(part.tokens) for part in decoded)
        return Transcript(" ".join(filter(None, texts)), details)
