"""`asrdiag train router RECIPE`: trains, evaluates, sweeps; the same command again does what is left."""

import argparse
from pathlib import Path
from typing import Any

from asrdiag.cli.output import out
from asrdiag.engines.base import Package
from asrdiag.errors import UsageError
from asrdiag.store.atomic import free_name
from asrdiag.store.lock import RunLock
from asrdiag.store.saving import saving

from ..progress import make_display
from ..recipe import load_recipe
from .recipe import RouterRecipe

_NEEDS = (Package("torch", "torch", at_least="2.6"), Package("safetensors", "safetensors"))


def run(options: argparse.Namespace) -> int:
    """Do what a recipe says.

    Raises:
        UsageError: the recipe, its data or the folder cannot be used.
        SaveError: something could not be written.
    """
    if absent := [reason for one in _NEEDS if (reason := one.missing())]:
        raise UsageError(f"{'; '.join(absent)}: pip install 'asrdiag[transformers]'")
    loaded = load_recipe(options.recipe, RouterRecipe, data=options.data, settings=options.set)
    folder = options.out or Path("training") / loaded.recipe.name
    from .work import do, plan

    planned = plan(loaded, _device(options.device))
    for line in planned.lines():
        out(line)
    if options.dry_run:
        return 0
    if options.fresh and folder.exists():
        with RunLock(folder):
            folder.rename(free_name(folder.with_name(f"{folder.name}.before")))
    with saving(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with RunLock(folder), make_display(options.progress) as display:
        return do(planned, folder, display)


def _device(name: str) -> Any:
    """The torch device of `--device`.

    Raises:
        UsageError: there is no such device.
    """
    import torch

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    known = ["auto", "cpu", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
    if name not in (*known, *(["cuda"] if len(known) > 2 else [])):
        raise UsageError(f"--device: found {name!r}, expected one of: {', '.join(known)}")
    return torch.device(name)
