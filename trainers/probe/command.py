"""`asrdiag train probe RECIPE`."""

import argparse


def run(options: argparse.Namespace) -> int:
    """Sample at each temperature, and say which one to train at."""
    from ..learning.packages import require_packages
    from ..recipe import load_recipe
    from ..rl.schema import RlRecipe

    loaded = load_recipe(options.recipe, RlRecipe, data=options.data, settings=options.set)
    require_packages()
    from asrdiag.metrics.rewards.probing import Criterion

    from ..learning.workplace import open_workplace
    from .probing import report, sample

    criterion = Criterion(
        margin=options.margin, least_preservation=options.min_bap, least_valid=options.min_valid
    )
    with open_workplace(options, f"{loaded.recipe.name}-probe") as place:
        with place.display as display:
            log = sample(
                loaded,
                place.folder,
                display,
                place.device,
                temperatures=options.temperatures,
                n_clips=options.clips,
            )
        return 0 if log is None else report(loaded.recipe, log, criterion)
