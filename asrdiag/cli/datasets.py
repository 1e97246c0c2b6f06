"""`asrdiag datasets list | show NAME | check NAME [ROOT]`."""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from .arguments import SubParsers
from .output import complain, out

if TYPE_CHECKING:
    from ..datasets.base import DatasetSpec

_SHOWN = 20
"""Lines of each kind of finding, without `--all`."""
_NAME = "a loader, see `asrdiag datasets list`, or a dataset of the packaged suites"
_SOME = 4
"""Languages that `list` names."""


def add_parser(verbs: SubParsers) -> None:
    parser = verbs.add_parser(
        "datasets",
        help="what each dataset is, where to get it, and whether a copy is complete",
        description="Says what each dataset is and where to get it, and checks the copy that you have.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="every loader, and whether its root is set here")
    listing.set_defaults(handler=_list)
    show = actions.add_parser("show", help="a loader's card, keys and an example")
    show.add_argument("name", metavar="NAME", help=_NAME)
    show.set_defaults(handler=_show)
    check = actions.add_parser(
        "check",
        help="hold a copy of a dataset against its documentation",
        description="Reads all of a dataset: its listing, every reference, every audio file. What was found "
        "in a file is kept, so that a second check reads only what is new or changed. Exit status 1: it "
        "has problems.",
    )
    check.add_argument("name", metavar="NAME", help=_NAME)
    check.add_argument(
        "root", metavar="ROOT", nargs="?", help="its folder, or the manifest (default: the loader's variable)"
    )
    check.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a key of the loader, with a value as in a suite: splits=[test-clean]",
    )
    check.add_argument("--all", action="store_true", help=f"all findings, not {_SHOWN} of each kind")
    check.add_argument("--progress", choices=("rich", "plain", "none"), help="default: rich on a terminal")
    check.set_defaults(handler=_check)


def _list(options: argparse.Namespace) -> int:
    rows = list(_rows())
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        out("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _rows() -> Iterator[tuple[str, str, str, str]]:
    from ..datasets import DATASETS
    from ..datasets.show import card_of, title_of

    for name in DATASETS.names():
        try:
            spec = DATASETS.load(name)
        except UsageError as error:  # another package's
            yield name, str(error), "", ""
            continue
        card = card_of(spec)
        if card is None:
            yield name, title_of(spec), "", ""
            continue
        more = f" and {len(card.languages) - _SOME} more" if len(card.languages) > _SOME + 1 else ""
        languages = ", ".join(card.languages[:_SOME] if more else card.languages) + more
        root = os.environ.get(card.root_variable)
        absent = "" if root is None or Path(root).is_dir() else ", which is no folder"
        state = f"{card.root_variable} is not set" if not root else f"{card.root_variable}={root}{absent}"
        yield name, card.title, languages, state


def _show(options: argparse.Namespace) -> int:
    from ..datasets import DATASETS
    from ..datasets.show import describe

    loader = str(_entry(options.name)["loader"])
    out(describe(loader, DATASETS.load(loader)))
    return 0


def _check(options: argparse.Namespace) -> int:
    from ..corpus.progress import make_display
    from ..datasets.check.dataset import check_dataset
    from ..datasets.check.rendering import render

    spec = _spec(options.name, options.root, options.option)
    try:
        report = check_dataset(spec, make_display(options.progress), None if options.all else _SHOWN)
    except KeyboardInterrupt:
        resume = shlex.join(["asrdiag", *sys.argv[1:]])
        complain(f"\ninterrupted; what was found in audio files is kept. To go on: {resume}")
        return 130
    out(render(report))
    return 1 if report.n_problems else 0


def _entry(name: str) -> dict[str, Any]:
    """What a suite would say of a loader, or what the packaged files say of a dataset of that id."""
    from ..datasets import DATASETS
    from ..suite.packaged import packaged_documents

    if name not in DATASETS.names():
        for document in packaged_documents():
            for entry in document.data.get("datasets", ()):
                if isinstance(entry, dict) and entry["id"] == name:
                    return entry
    return {"id": name.replace("_", "-"), "loader": name}


def _spec(name: str, root: str | None, given: list[str]) -> "DatasetSpec":
    from pydantic import ValidationError

    from ..datasets import DATASETS
    from ..datasets.show import card_of
    from ..suite.document import read_value

    data = {key: value for key, value in _entry(name).items() if key != "root"}
    loader: type[DatasetSpec] = DATASETS.load(data["loader"])
    place = next((key for key in ("root", "path") if key in loader.model_fields), None)
    card = card_of(loader)
    if root is None and card is not None:
        root = os.environ.get(card.root_variable)
        if not root:
            raise UsageError(f"give the root of {card.title}, or set {card.root_variable}")
    if root is not None:
        if place is None:
            raise UsageError(f"the dataset {name!r} has no root; found {root!r}")
        data[place] = root
    for option in given:
        key, equals, value = option.partition("=")
        if not (key and equals):
            raise UsageError(f"--option: found {option!r}, expected KEY=VALUE")
        data[key] = read_value(value)
    try:
        return loader.model_validate_json(json.dumps(data), context={"folder": Path()})
    except ValidationError as error:
        raise UsageError(f"dataset {name!r}: {_refusal(error, loader)}") from None


def _refusal(error: Any, loader: "type[DatasetSpec]") -> str:
    problem = error.errors(include_url=False)[0]
    key = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        known = ", ".join(field for field in loader.model_fields if field not in ("id", "loader"))
        return f"unknown key {key!r}; known: {known}"
    if problem["type"] == "missing":
        return (
            f"{key} is required: give it with --option {key}=VALUE"
            if key not in ("root", "path")
            else "give ROOT"
        )
    return f"{key}: found {problem['input']!r}: {problem['msg'].removeprefix('Value error, ')}"
