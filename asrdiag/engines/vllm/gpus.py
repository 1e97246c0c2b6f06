"""Which GPUs this process has, chosen before CUDA is asked anything."""

import os

from ...errors import UsageError
from ..devices import cuda_index


def choose_gpus(device: str, number: int) -> None:
    """Make the `number` GPUs from `cuda:N` on the only ones that this process sees; `cuda` changes nothing.

    vLLM takes the first GPUs it sees. CUDA reads `CUDA_VISIBLE_DEVICES` once, when it is first asked
    anything, so this has to come before that; afterwards torch calls the first of them `cuda:0`.

    Raises:
        UsageError: there are fewer.
    """
    index = cuda_index(device)
    if index is None or device == "cuda":
        return
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    visible = list(map(str, range(index + number))) if given is None else list(filter(None, given.split(",")))
    if len(visible) < index + number:
        raise UsageError(
            f"found CUDA_VISIBLE_DEVICES {given!r}, expected {number} devices from {device!r} on"
        )
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(visible[index : index + number])


def count_gpus() -> int:
    """How many GPUs torch can use in this process; importing torch takes seconds."""
    # Otherwise torch starts CUDA to find out, and the choice of GPUs is made. vLLM sets it too, later.
    os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0
