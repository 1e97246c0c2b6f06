"""The `vllm` engine as a suite names it."""

import os
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from ...errors import UsageError
from ...spec import Json
from ..base import Package
from ..devices import cuda_index, each_cuda, unusable_device
from ..transformers.checkpoint_spec import CheckpointSpec
from ..transformers.families import FamilyFacts

if TYPE_CHECKING:
    from ..transformers.recognizer import TransformersRecognizer

FAMILIES = ("qwen3-asr", "qwen2.5-omni", "whisper")
WITH_ADAPTER = "qwen3-asr"
"""The one family whose encoder and projector vLLM adapts too; elsewhere it drops their layers."""
WHISPER_WINDOW_S = 30.0
RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""What vLLM takes as `max_lora_rank`."""


class VllmSpec(CheckpointSpec):
    """Qwen3-ASR, Qwen2.5-Omni or Whisper on NVIDIA GPUs by vLLM, which schedules its own batches."""

    default_batch_size: ClassVar[int] = 512

    requires: ClassVar[tuple[Package, ...]] = (Package("vllm", "vllm"),)  # it brings the rest
    install: ClassVar[str] = (
        "pip install asrdiag vllm==0.26.0, on Linux with an NVIDIA GPU and in an environment of its own "
        "(it pins torch)"
    )

    engine: Literal["vllm"]
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
        if family.name == "whisper" and (self.longest_chunk_s or 0) > WHISPER_WINDOW_S:
            raise UsageError(
                f"system {self.id!r}: found longest_chunk_s {self.longest_chunk_s:g}, expected at most "
                f"{WHISPER_WINDOW_S:g}: Whisper hears no more than that at a time"
            )
        return family

    def longest_s(self, family: FamilyFacts) -> float | None:
        """As the family has it; Whisper's own way with long audio is not in vLLM, so it is cut too."""
        return super().longest_s(family) or WHISPER_WINDOW_S

    def decoding(self, family: FamilyFacts) -> dict[str, Json]:
        return {**super().decoding(family), "repetition_penalty": self.repetition_penalty}

    def lora_rank(self) -> int | None:
        """vLLM's `max_lora_rank` for the adapter: the smallest it takes that is enough.

        Raises:
            UsageError: the adapter cannot be found, or its rank is larger than vLLM takes.
        """
        if (adapter := self.adapter_checkpoint) is None:
            return None
        config = adapter.read("adapter_config.json")
        rank = max([int(config["r"]), *map(int, (config.get("rank_pattern") or {}).values())])
        if rank > RANKS[-1]:
            raise UsageError(f"{adapter.name}: found the rank {rank}, expected at most {RANKS[-1]}")
        return next(limit for limit in RANKS if limit >= rank)

    def unavailable(self) -> str | None:
        if reason := self.lacks():
            return reason
        for checkpoint in filter(None, (self.checkpoint, self.adapter_checkpoint)):
            if reason := checkpoint.missing():
                return reason
        # Imported here: nobody without vllm waits seconds for it.
        import torch

        if not torch.cuda.is_available():
            return "vllm is installed, but torch finds no CUDA device"
        return None

    @classmethod
    def device_kinds(cls) -> tuple[str, ...]:
        return ("cuda",)

    def refuses(self, device: str) -> str | None:
        if cuda_index(device) is None:
            return unusable_device(device, system=self.id, usable=["cuda", "cuda:N"])
        return None

    def devices(self, device: str) -> tuple[str, ...]:
        """`cuda` is every GPU, each with a model of its own, unless they share one."""
        if self.tensor_parallel_size > 1:
            return (device,)
        import torch

        return each_cuda(device, torch.cuda.device_count())

    def gpus(self) -> int:
        return self.tensor_parallel_size

    def open(self, device: str) -> "TransformersRecognizer":
        """Load the model and transcribe a second of noise, so that the first clip is as fast as the rest.

        Raises:
            UsageError: vLLM or a GPU is missing, or the checkpoint or the adapter cannot be used.
        """
        if reason := self.unavailable() or self.refuses(device):
            raise UsageError(f"{self.id}: {reason}")
        from ..transformers.recognizer import TransformersRecognizer
        from .model import VllmModel

        _choose_gpus(device, self.tensor_parallel_size)
        # The engine in this process: a worker that is ended leaves no process behind that holds the GPU.
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
        recognizer = TransformersRecognizer(VllmModel(self), self)
        recognizer.warm_up()
        return recognizer


def _choose_gpus(device: str, number: int) -> None:
    """vLLM takes the first visible GPUs, so those from `cuda:N` on are made the only ones.

    Raises:
        UsageError: there are fewer.
    """
    index = cuda_index(device)
    if index is None or device == "cuda":
        return
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    visible = given.split(",") if given else [str(place) for place in range(index + number)]
    if len(visible) < index + number:
        raise UsageError(
            f"found CUDA_VISIBLE_DEVICES {given!r}, expected {number} devices from {device!r} on"
        )
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(visible[index : index + number])
