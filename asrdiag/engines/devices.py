"""Names of devices, and what is said of those that an engine cannot use."""

import re
from collections.abc import Sequence


def cuda_index(device: str) -> int | None:
    """The number of a CUDA device, 0 for `cuda` alone; `None` for every other name.

    >>> cuda_index("cuda:1"), cuda_index("cuda"), cuda_index("cpu")
    (1, 0, None)
    """
    match = re.fullmatch(r"cuda(?::(\d+))?", device)
    return int(match[1] or 0) if match else None


def each_cuda(device: str, count: int) -> tuple[str, ...]:
    """What a device's name stands for, of `count` CUDA devices: `cuda` for every one of them.

    >>> each_cuda("cuda", 2), each_cuda("cuda:1", 2), each_cuda("cpu", 2)
    (('cuda:0', 'cuda:1'), ('cuda:1',), ('cpu',))
    """
    return tuple(f"cuda:{number}" for number in range(count)) if device == "cuda" else (device,)


def unusable_device(device: str, *, system: str, usable: Sequence[str], hint: str = "") -> str:
    """The message for a device that the system cannot use; it lists those it can."""
    return f"{system} cannot use the device {device!r}; it can use: {', '.join(usable)}{hint}"
