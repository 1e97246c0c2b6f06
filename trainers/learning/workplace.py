"""Where `asrdiag train sft`, `rl` and `probe` work: a folder that is theirs alone, a device, a display."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from asrdiag.store.lock import RunLock
from asrdiag.store.saving import saving

from ..progress import TrainDisplay, make_display
from .device import choose_device
from .folder import TrainFolder


@dataclass(frozen=True, slots=True)
class Workplace:
    """Of one process; under `accelerate launch` there is one in each."""

    folder: TrainFolder | None
    """`None`: a dry run, nothing is written."""
    device: str
    is_main: bool
    """Whether this is the process that writes."""
    display: TrainDisplay
    """Not entered yet; silent in the processes that do not write."""


@contextmanager
def open_workplace(options: argparse.Namespace, name: str) -> Iterator[Workplace]:
    """Take the folder of `--out`, or `training/NAME`, for the length of the block.

    Args:
        options: of the command line: `out`, `device`, `dry_run`, `fresh`, `progress`.
        name: of what is made there.

    Raises:
        UsageError: there is no such device, or the folder is in use.
        SaveError: the folder could not be made.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # it says so each time a process is forked off
    device, is_main = choose_device(options.device)
    folder = TrainFolder(options.out or Path("training") / name)
    display = make_display(options.progress if is_main else "none")
    writes = is_main and not options.dry_run
    if writes:
        if options.fresh:
            folder.make_room()
        with saving(folder.path):
            folder.path.mkdir(parents=True, exist_ok=True)
    with RunLock(folder.path) if writes else nullcontext():
        yield Workplace(None if options.dry_run else folder, device, is_main, display)
