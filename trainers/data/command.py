"""`asrdiag train data RECIPE`."""

import argparse
import shlex
import sys
from pathlib import Path

from asrdiag.cli.output import as_text, complain, out

from ..recipe import load_recipe
from ..wording import counted
from .recipe import DataRecipe


def run(options: argparse.Namespace) -> int:
    """Make the rows; returns the exit status.

    Raises:
        UsageError: see `make_data`; or the recipe is not as documented.
    """
    from asrdiag.corpus.progress import make_display
    from asrdiag.runner.display import make_display as make_run_display
    from asrdiag.runner.execute import Resources

    from .base_run import Session
    from .session import make_data
    from .summary import render

    loaded = load_recipe(options.recipe, DataRecipe, data=options.data, settings=options.set)
    recipe = loaded.recipe
    folder: Path = options.out or Path("training") / recipe.name
    if options.dry_run:
        from .dry_run import describe

        out(describe(loaded, folder, options.device, fresh=options.fresh))
        return 0
    session = Session(
        Resources(options.workers, options.device, options.batch_size),
        make_run_display(options.progress),
        shlex.join(["asrdiag", *sys.argv[1:]]),
    )
    outcome = make_data(loaded, folder, lambda: make_display(options.progress), session, fresh=options.fresh)
    if outcome.nothing_to_do:
        out("nothing to do: the data is complete")
    out(as_text(lambda _: render(outcome.record, recipe.bin_names())).removesuffix("\n"))
    for name, file in outcome.record["files"].items():
        out(f"{folder / name}: {counted(file['rows'], 'row')}")
    if outcome.record["dropped"]:
        out(f"left out, each with its reason: {folder / 'dropped.jsonl'}")
    if outcome.bad_share > recipe.max_bad_share:
        complain(
            f"asrdiag: {100 * outcome.bad_share:.1f} % of the clips cannot be used (allowed: "
            f"{100 * recipe.max_bad_share:g} %, `max_bad_share`); see {folder / 'dropped.jsonl'}"
        )
        return 1
    return 0
