"""`asrdiag train rl RECIPE`."""

import argparse


def run(options: argparse.Namespace) -> int:
    """Train, choose, and say how the result is used."""
    from ..learning.packages import require_packages
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
    from contextlib import closing

    from ..learning.workplace import open_workplace
    from .finishing import finish
    from .preparing import prepare

    with open_workplace(options, loaded.recipe.name) as place:
        with (
            place.display as display,
            closing(prepare(loaded, place.folder, display, place.device)) as session,
        ):
            if options.dry_run:
                return 0
            wrong = session.run()
        return finish(session, wrong) if place.is_main else 0
