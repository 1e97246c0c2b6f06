"""Where a model is trained: the device of this process."""

from asrdiag.engines.devices import cuda_index
from asrdiag.errors import UsageError


def choose_device(asked: str) -> tuple[str, bool]:
    """The device of this process (`cpu`, `cuda:N`), and whether it is the process that writes.

    accelerate then has the same device.

    Args:
        asked: `auto` (a GPU if there is one), `cpu`, `cuda`, `cuda:N`. Under `accelerate launch` each process
            has a device of its own, and only `auto` and `cpu` mean something.

    Raises:
        UsageError: there is no such device.
    """
    import torch
    from accelerate import PartialState

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    index = cuda_index(asked)
    if asked not in ("auto", "cpu") and index is None and asked != "cuda":
        raise UsageError(f"--device: found {asked!r}, expected auto, cpu, cuda or cuda:N")
    if asked not in ("auto", "cpu") and (index or 0) >= count:
        raise UsageError(f"--device {asked}: torch finds {count} CUDA devices")
    if asked == "cpu" or not count:
        return "cpu", PartialState(cpu=True).is_main_process  # several processes call theirs cpu:0 and so on
    if index is not None:
        torch.cuda.set_device(index)
    state = PartialState()
    if state.num_processes > 1:
        if asked != "auto":
            raise UsageError(f"--device {asked}: accelerate launch gives each process its device")
        return str(state.device), state.is_main_process
    return f"cuda:{torch.cuda.current_device()}", True
