"""`asrdiag train sft RECIPE`."""

import argparse
import os
from pathlib import Path


def run(options: argparse.Namespace) -> int:
    """Train, choose, and say how the result is used."""
    from ..packages import require_packages
    from ..recipe import load_recipe
    from .schema import SftRecipe

    loaded = load_recipe(options.recipe, SftRecipe, data=options.data, settings=options.set)
    require_packages(loaded.recipe.trackers)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # it says so each time a process is forked off
    from contextlib import closing, nullcontext

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
    with (
        RunLock(folder.path) if writes else nullcontext(),
        make_display(options.progress if is_main else "none") as display,
        closing(prepare(loaded, folder if not options.dry_run else None, display, device)) as session,
    ):
        for planned in session.stages:
            display.note(planned.told())
        if options.dry_run:
            return 0
        looks = session.run()
        if is_main:
            finish(session, looks)
    return 0
