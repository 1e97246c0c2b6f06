"""`asrdiag train probe RECIPE`."""

import argparse
import os
from contextlib import nullcontext
from pathlib import Path


def run(options: argparse.Namespace) -> int:
    """Sample at each temperature, and say which one to train at."""
    from ..packages import require_packages
    from ..recipe import load_recipe
    from ..rl.schema import RlRecipe

    loaded = load_recipe(options.recipe, RlRecipe, data=options.data, settings=options.set)
    require_packages()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # it says so each time a process is forked off
    from asrdiag.metrics.rewards.probing import Criterion
    from asrdiag.store.lock import RunLock

    from ..progress import make_display
    from ..sft.device import choose_device
    from ..sft.folder import TrainFolder
    from .probing import report, sample

    criterion = Criterion(
        margin=options.margin, least_preservation=options.min_bap, least_valid=options.min_valid
    )
    device, _ = choose_device(options.device)
    folder = TrainFolder(options.out or Path("training") / f"{loaded.recipe.name}-probe")
    if not options.dry_run:
        if options.fresh:
            folder.make_room()
        folder.path.mkdir(parents=True, exist_ok=True)
    with nullcontext() if options.dry_run else RunLock(folder.path):
        with make_display(options.progress) as display:
            log = sample(
                loaded,
                None if options.dry_run else folder,
                display,
                device,
                temperatures=options.temperatures,
                n_clips=options.clips,
            )
        return 0 if log is None else report(loaded.recipe, log, criterion)
