"""`asrdiag train sft RECIPE`."""

import argparse


def run(options: argparse.Namespace) -> int:
    """Train, choose, and say how the result is used."""
    from ..learning.packages import require_packages
    from ..recipe import load_recipe
    from .schema import SftRecipe

    loaded = load_recipe(options.recipe, SftRecipe, data=options.data, settings=options.set)
    require_packages(loaded.recipe.trackers)
    from contextlib import closing

    from ..learning.workplace import open_workplace
    from .finishing import finish
    from .session import prepare

    with open_workplace(options, loaded.recipe.name) as place:
        with (
            place.display as display,
            closing(prepare(loaded, place.folder, display, place.device)) as session,
        ):
            for planned in session.stages:
                display.note(planned.told())
            if options.dry_run:
                return 0
            looks = session.run()
        if place.is_main:
            finish(session, looks)
    return 0
