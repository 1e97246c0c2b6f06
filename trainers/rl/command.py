"""`asrdiag train rl RECIPE`."""

import argparse
import os
from contextlib import nullcontext
from pathlib import Path


def run(options: argparse.Namespace) -> int:
    """Train, choose, and say how the result is used."""
    from ..packages import require_packages
    from ..recipe import load_recipe
    from .schema import RlRecipe

    loaded = load_recipe(options.recipe, RlRecipe, data=options.data, settings=options.set)
    if options.export_swift is not None:
        from asrdiag.cli.output import out

        from .exporting import export_swift

        export_swift(loaded.recipe, options.export_swift)
        out(f"{options.export_swift}: for ms-swift")
        return 0
    require_packages()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # it says so each time a process is forked off
    from asrdiag.store.lock import RunLock

    from ..progress import make_display
    from ..sft.device import choose_device
    from ..sft.folder import TrainFolder
    from .finishing import finish
    from .preparing import prepare

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
            if options.dry_run:
                return 0
            wrong = session.run()
        return finish(session, wrong) if is_main else 0
