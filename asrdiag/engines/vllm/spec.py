"""The `vllm` engine as a suite names it."""

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from ...errors import UsageError
from ...spec import Json
from ..base import Package
from ..devices import cuda_index, each_cuda, unusable_device
from ..hardware import why_no_cuda
from ..transformers.checkpoint import Checkpoint
from ..transformers.checkpoint_spec import OLDEST_TRANSFORMERS, CheckpointSpec
from ..transformers.families import FamilyFacts, family_named
from ..transformers.spoken import spoken
from .gpus import choose_gpus, count_gpus

if TYPE_CHECKING:
    from ..transformers.recognizer import TransformersRecognizer

FAMILIES = ("qwen3-asr", "qwen2.5-omni", "whisper")
WITH_ADAPTER = "qwen3-asr"
"""The one family whose encoder and projector vLLM adapts too; elsewhere it drops their layers."""
WHISPER_WINDOW_S = 30.0


class VllmSpec(CheckpointSpec):
    """Qwen3-ASR, Qwen2.5-Omni or Whisper on NVIDIA GPUs by vLLM, which schedules its own batches."""

    default_batch_size: ClassVar[int] = 128
    default_batch_seconds: ClassVar[float | None] = 1800.0

    requires: ClassVar[tuple[Package, ...]] = (
        # Before 0.29 it leaves out an adapter's queries, keys and values in the encoder of Qwen3-ASR.
        Package("vllm", "vllm", at_least="0.29"),
        Package("transformers", "transformers", at_least=OLDEST_TRANSFORMERS),
    )
    install: ClassVar[str] = (
        "pip install asrdiag vllm==0.33.0, on Linux with an NVIDIA GPU and in an environment of its own "
        "(it pins torch)"
    )

    engine: Literal["vllm"]
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    """0 takes the likeliest token; above, tokens are drawn."""
    repetition_penalty: Annotated[float, Field(gt=0)] = 1.0
    """Above 1 makes tokens less likely that are in the prompt or were written before."""
    tensor_parallel_size: Annotated[int, Field(ge=1)] = 1
    """GPUs that share the model."""
    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)] = 0.9
    """Share of each GPU's memory that vLLM takes for itself."""
    max_model_len: Annotated[int, Field(ge=1)] | None = None
    """Most tokens of prompt, audio and answer together; `None`: as the checkpoint says."""

    def facts(self) -> FamilyFacts:
        """The family, once it is certain that this engine can prompt it.

        Raises:
            UsageError: it cannot, or the family cannot do what a key asks for.
        """
        family = super().facts()
        if family.name not in FAMILIES:
            raise UsageError(
                f"system {self.id!r}: the vllm engine does not know the family {family.name}; known: "
                f"{', '.join(FAMILIES)}"
            )
        if self.adapter is not None and family.name != WITH_ADAPTER:
            raise UsageError(
                f"system {self.id!r}: with vLLM an adapter is possible for {WITH_ADAPTER} only; of "
                f"{family.name} it would leave out the adapter's layers in the encoder"
            )
        if self.adapter is not None and self.resolved_dtype() == "float32":
            raise UsageError(
                f"system {self.id!r}: found an adapter and the dtype float32; vLLM adapts models in bfloat16 "
                "and float16 only, so name one as `dtype:`"
            )
        if family.name == "whisper" and (self.longest_chunk_s or 0) > WHISPER_WINDOW_S:
            raise UsageError(
                f"system {self.id!r}: found longest_chunk_s {self.longest_chunk_s:g}, expected at most "
                f"{WHISPER_WINDOW_S:g}: Whisper hears no more than that at a time"
            )
        return family

    def _family_found(self) -> FamilyFacts:
        # Unlike transformers, vLLM loads Qwen3-ASR in its makers' layout too.
        name = _qwen3_asr(self.checkpoint)
        return super()._family_found() if name is None else family_named(name)

    def known_languages(self) -> tuple[str, ...] | None:
        """As the system says; otherwise as far as the family or the checkpoint's files tell."""
        return self.languages or spoken(self.checkpoint, self.family or _qwen3_asr(self.checkpoint))

    def longest_s(self, family: FamilyFacts) -> float | None:
        """As the family has it; Whisper's own way with long audio is not in vLLM, so it is cut too."""
        return super().longest_s(family) or WHISPER_WINDOW_S

    def decoding(self, family: FamilyFacts) -> dict[str, Json]:
        return {**super().decoding(family), "repetition_penalty": self.repetition_penalty}

    @classmethod
    def device_kinds(cls) -> tuple[str, ...]:
        return ("cuda",)

    def refuses(self, device: str) -> str | None:
        return self._no_gpu(device) or self._too_few_gpus(device, first=cuda_index(device) or 0)

    def _no_gpu(self, device: str) -> str | None:
        if cuda_index(device) is not None:
            return None
        hint = "; vLLM runs on NVIDIA GPUs"
        return unusable_device(device, system=self.id, usable=["cuda", "cuda:N"], hint=hint)

    def _too_few_gpus(self, device: str, *, first: int) -> str | None:
        """Why the GPUs from a number on do not suffice, of those that this process sees."""
        count, number = count_gpus(), self.tensor_parallel_size
        if not count:
            why = why_no_cuda() or "torch finds none"
            return f"{self.id} cannot use the device {device!r}: there is no CUDA device: {why}"
        if first + number > count:
            needed = f"it takes {number} from there on" if number > 1 else "there is no such device"
            return f"{self.id} cannot use the device {device!r}: {needed}; torch finds {count} in all"
        return None

    def devices(self, device: str) -> tuple[str, ...]:
        """`cuda` is every GPU, with a model for each, or for as many as share one."""
        if device != "cuda":
            return (device,)
        count, number = count_gpus(), self.tensor_parallel_size
        return each_cuda(device, count)[: count - count % number : number]

    def torch_device(self, device: str) -> str | None:
        """The first GPU: it is made the only one. A shared model is in processes of vLLM's own."""
        return None if self.tensor_parallel_size > 1 else "cuda:0"

    def gpus(self) -> int:
        return self.tensor_parallel_size

    def open(self, device: str) -> "TransformersRecognizer":
        """Load the model and transcribe a second of noise, so that the first clip is as fast as the rest.

        Raises:
            UsageError: vLLM or a GPU is missing, or the checkpoint or the adapter cannot be used.
        """
        if reason := self.unavailable():
            raise UsageError(f"{self.id}: {reason}")
        if reason := self._no_gpu(device):
            raise UsageError(reason)
        choose_gpus(device, self.tensor_parallel_size)
        if reason := self._too_few_gpus(device, first=0):
            raise UsageError(reason)
        # The engine in this process: a worker that is ended leaves no process behind that holds the GPU.
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
        from ..transformers.recognizer import TransformersRecognizer
        from ..transformers.routing import open_routing
        from .model import VllmModel

        # The model takes its share of the GPU's memory first; the router needs some hundred MB of the rest.
        model = VllmModel(self)
        recognizer = TransformersRecognizer(model, self, open_routing(self, None, None))
        recognizer.warm_up()
        return recognizer


@lru_cache(maxsize=100)
def _qwen3_asr(checkpoint: Checkpoint) -> str | None:
    """The family's name, if `config.json` is that of a Qwen3-ASR, in whichever layout."""
    found = checkpoint.read("config.json").get("model_type") == "qwen3_asr"
    return "qwen3-asr" if found else None
