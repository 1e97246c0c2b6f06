"""What several verbs' command lines share."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from ..runner.plan import Plan

    SubParsers: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    SubParsers = Any


def counting(text: str) -> int:
    """A whole number from 1 up."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number from 1 up")
    return int(text)


def key_value(text: str) -> tuple[str, str]:
    """`NAME=PATH` as a pair; a relative path starts where the command was given."""
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected NAME=PATH")
    return name, str(Path(value).expanduser().absolute())


def add_selection(parser: argparse.ArgumentParser) -> None:
    """The options that narrow a suite down, and those that complete it."""
    for kind in ("system", "dataset", "condition"):
        parser.add_argument(
            f"--{kind}", nargs="+", action="extend", default=[], metavar="ID", help=f"only these {kind}s"
        )
    parser.add_argument("--limit", type=counting, metavar="N", help="only the first N clips of each dataset")
    parser.add_argument(
        "--data",
        type=key_value,
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="value of ${NAME} in the suite; wins over the environment",
    )
    parser.add_argument(
        "--device", default="cpu", help="cpu (default), cuda (all GPUs), cuda:N or several (cuda:0,cuda:2)"
    )
    parser.add_argument("--strict", action="store_true", help="an unset dataset root is an error")
    parser.add_argument(
        "--allow-missing",
        type=counting,
        metavar="N",
        help="go on though up to N clips of a published corpus are missing or not as documented",
    )


def load(
    options: argparse.Namespace,
    run_directory: Callable[[str], Path] | None = None,
    *,
    device_is_here: bool = True,
) -> "Plan":
    """The plan that a command line's suite and selection come to.

    Args:
        options: of the command line.
        run_directory: where a suite of this name is run; what earlier commands there took from the suite's
            included files is still part of the run, though it is not run again unless it is named.
        device_is_here: whether it is this machine that has the device.

    Raises:
        UsageError: the suite or the selection cannot be used.
    """
    from ..runner.plan import Selection, make_plan
    from ..suite import find_suite, load_suite
    from ..suite.load import allow_missing

    path, data = find_suite(options.suite), dict(options.data)
    add = {"systems": options.system, "datasets": options.dataset, "conditions": options.condition}
    loaded = load_suite(path, data, add)
    before = _added_before(run_directory(loaded.suite.name)) if run_directory else {}
    if any(before.values()):
        loaded = load_suite(path, data, {kind: [*add[kind], *before.get(kind, ())] for kind in add})
    if options.allow_missing is not None:
        loaded = allow_missing(loaded, options.allow_missing, options.dataset)
    selection = Selection(
        **add,
        limit=options.limit,
        strict=options.strict,
        device=options.device,
        device_is_here=device_is_here,
    )
    return make_plan(loaded, selection)


def _added_before(run: Path) -> Mapping[str, Sequence[str]]:
    from ..store.folder import RunFolder

    found: Mapping[str, Sequence[str]] = {}
    if (run / "run.json").exists():
        found = RunFolder(run).read_run().get("added", {})
    return found
