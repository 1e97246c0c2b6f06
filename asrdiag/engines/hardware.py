"""The processors and GPUs of this machine, without importing torch where that can tell nothing more."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from .base import Package

DRIVERS = ("/dev/nvidiactl", "/dev/nvmap", "/dev/dxg", "/dev/kfd")
"""Made by the drivers of NVIDIA's cards, of its Jetson boards, of Windows' Linux and of AMD's cards."""


@dataclass(frozen=True, slots=True)
class CudaDevice:
    """A GPU as torch sees it."""

    name: str
    """`cuda:N`."""
    model: str
    memory_gib: float


def cpus() -> int:
    """How many this process may use: what `run --workers` is without a number."""
    return len(os.sched_getaffinity(0))


def why_no_cuda() -> str | None:
    """Why torch has no CUDA device, as far as that can be known without importing it; otherwise `None`."""
    version = Package("torch", "torch").version
    if version is None:
        return "torch is not installed"
    if version.endswith("+cpu"):
        return f"torch {version} is a build without CUDA"
    if sys.platform == "linux" and not any(Path(place).exists() for place in DRIVERS):
        return "no GPU driver is loaded"
    return None


def cuda_devices() -> tuple[CudaDevice, ...]:
    """Those that torch can use; importing torch takes seconds."""
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    found = (torch.cuda.get_device_properties(number) for number in range(count))
    return tuple(
        CudaDevice(f"cuda:{number}", one.name, one.total_memory / 2**30) for number, one in enumerate(found)
    )
