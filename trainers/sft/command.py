"""`asrdiag train sft RECIPE`."""

import argparse
import os
from pathlib import Path

from asrdiag.engines.base import Package
from asrdiag.errors import UsageError

_NEEDED = (
    Package("torch", "torch", at_least="2.6"),
    Package("transformers", "transformers", at_least="5.15.1"),
    Package("peft", "peft", at_least="0.19.1"),
    Package("accelerate", "accelerate", at_least="1.10"),
)


def run(options: argparse.Namespace) -> int:
    """Train, choose, and say how the result is used."""
    from ..recipe import load_recipe
    from .schema import SftRecipe

    loaded = load_recipe(options.recipe, SftRecipe, data=options.data, settings=options.set)
    for package in _NEEDED:
        if reason := package.missing():
            raise UsageError(f"{reason}: pip install 'asrdiag[transformers]'")
    for name in loaded.recipe.trackers:
        if reason := Package(name, name).missing():
            raise UsageError(f"trackers: {reason}: pip install {name}")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # it says so each time a process is forked off
    from contextlib import nullcontext

    from asrdiag.store.lock import RunLock

    from ..progress import make_display
    from .device import choose_device
    from .finishing import finish
    from .folder import TrainFolder
    from .session import prepare

    device, is_main = choose_device(options.device)
    folder = TrainFolder(options.out or Path("training") / loaded.recipe.name)
    writes = is_main and not options.dry_run
    if writes:
        if options.fresh:
            folder.make_room()
        folder.path.mkdir(parents=True, exist_ok=True)
    with RunLock(folder.path) if writes else nullcontext():
        with make_display(options.progress if is_main else "none") as display:
            session = prepare(loaded, None if options.dry_run else folder, display, device)
            for planned in session.stages:
                display.note(planned.told())
            if options.dry_run:
                return 0
            looks = session.run()
        return finish(session, looks) if is_main else 0
