"""Running out of memory: recognising it, and making room again; no library is imported for it."""

import gc
import resource
import sys
from typing import Any

from ..engines.devices import cuda_index


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory, of the machine or of its accelerator, did not suffice.

    >>> ran_out_of_memory(MemoryError()), ran_out_of_memory(RuntimeError("CUDA error: out of memory"))
    (True, True)
    >>> ran_out_of_memory(RuntimeError("index out of range"))
    False
    """
    # By name: torch.OutOfMemoryError, and others' of that name, without importing torch.
    named = any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__)
    said = isinstance(error, RuntimeError) and "out of memory" in str(error).lower()
    return named or said or isinstance(error, MemoryError)


def make_room() -> None:
    """Give back what a failed batch has left behind."""
    gc.collect()
    if (torch := _torch_on_cuda()) is not None:
        torch.cuda.empty_cache()


def peak_memory_bytes() -> int:
    """The most memory that this process has had, resident."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def peak_device_memory_bytes(device: str | None) -> int | None:
    """The most memory that torch has had of a CUDA device in this process.

    Args:
        device: as torch calls it here, see `EngineSpec.torch_device`.

    Returns:
        `None` where torch does not use such a device.
    """
    torch, index = _torch_on_cuda(), _index_here(device)
    return None if torch is None or index is None else int(torch.cuda.max_memory_allocated(index))


def device_name(device: str | None) -> str | None:
    """What the device is, in its maker's words; `None` if that cannot be told.

    Args:
        device: as torch calls it here, see `EngineSpec.torch_device`.
    """
    if device == "cpu":
        return _processor()
    torch, index = _torch_on_cuda(), _index_here(device)
    return None if torch is None or index is None else str(torch.cuda.get_device_name(index))


def _index_here(device: str | None) -> int | None:
    """The number of a CUDA device, if torch has one of that number in this process."""
    torch, index = _torch_on_cuda(), None if device is None else cuda_index(device)
    return index if torch is not None and index is not None and index < torch.cuda.device_count() else None


def _torch_on_cuda() -> Any:
    torch = sys.modules.get("torch")
    return torch if torch is not None and torch.cuda.is_initialized() else None


def _processor() -> str | None:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as stream:  # noqa: PTH123  (no real file)
            names = (line.partition(":")[2].strip() for line in stream if line.startswith("model name"))
            return next(names, None)
    except OSError:
        return None
