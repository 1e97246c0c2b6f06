"""Errors after which a process can use its accelerator no more, so that it has to be replaced."""

import sys

from ..processes import ProcessSpent
from .memory import ran_out_of_memory

_SAID = ("CUDA error", "CUDA failure", "CUDNN_STATUS_", "CUBLAS_STATUS_", "HIP error")
"""By torch, onnxruntime, cuDNN, cuBLAS, and torch for AMD's cards."""


class DeviceLost(ProcessSpent):
    """A process can use its device no more; all further calls in it would fail as this one did."""


def device_lost(error: Exception) -> DeviceLost | None:
    """What to raise in place of a recogniser's error that has cost this process its device; else `None`.

    After a failed assertion or a wrong address in a kernel CUDA answers all that a process asks for with the
    same error, until the process is a new one. Where torch uses a GPU here, the GPU is asked if that is so: a
    kernel that was given a wrong argument leaves it well. Elsewhere the error's words decide.

    >>> str(device_lost(RuntimeError("CUDA error: device-side assert triggered")))
    'RuntimeError: CUDA error: device-side assert triggered'
    >>> device_lost(RuntimeError("CUDA error: out of memory")), device_lost(ValueError("no such token"))
    (None, None)
    """
    if ran_out_of_memory(error) or not (_engine_is_dead(error) or _context_is_dead(error)):
        return None
    return DeviceLost(f"{type(error).__name__}: {error}")


def _engine_is_dead(error: Exception) -> bool:
    # By name, without importing vLLM: the processes in which it shares a model out over GPUs have ended.
    return type(error).__name__ == "EngineDeadError"


def _context_is_dead(error: Exception) -> bool:
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return isinstance(error, RuntimeError) and any(words in str(error) for words in _SAID)
    try:
        torch.cuda.synchronize()
    except RuntimeError:
        return True
    return False
