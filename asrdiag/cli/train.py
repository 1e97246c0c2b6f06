"""`asrdiag train STEP RECIPE`: each step has its command in the trainers' folder of its name."""

import argparse
import importlib
import math
import shlex
import sys
from functools import partial
from pathlib import Path

from .arguments import SubParsers, counting, key_value
from .output import complain


def add_parser(verbs: SubParsers) -> None:
    parser = verbs.add_parser(
        "train",
        help="adapt a recogniser to degraded speech, and train the router that switches the adapter",
        description="Adapts recognisers to degraded speech; each step is described by a recipe. "
        "Needs the extra: pip install 'asrdiag[transformers]'.",
    )
    steps = parser.add_subparsers(title="steps", metavar="STEP", required=True)
    _add_data(steps)
    _add_sft(steps)
    _add_probe(steps)
    _add_rl(steps)
    _add_router(steps)


def _add_data(steps: SubParsers) -> None:
    parser = _add_step(
        steps,
        "data",
        help="grade degraded speech by a base system's error rate and split it",
        description="Writes training, validation and test rows from what a base system made of degraded "
        "speech. The same command again goes on where it stopped.",
    )
    parser.add_argument("--device", default="cpu", help="of the base system: cpu (default), cuda or cuda:N")
    parser.add_argument("--batch-size", type=counting, metavar="N", help="of the base system")
    parser.add_argument("--workers", type=counting, metavar="N", help="at once (default: one a CPU)")


def _add_sft(steps: SubParsers) -> None:
    parser = _add_step(
        steps,
        "sft",
        help="supervised training in phases: encoder and aligner, decoder, all",
        description="Trains an adapter (or all weights) on graded rows, phase by phase. The same command "
        "again goes on where it stopped, as if it had not been interrupted.",
    )
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda or cuda:N")


def _add_rl(steps: SubParsers) -> None:
    parser = _add_step(
        steps,
        "rl",
        help="reinforcement learning: answers are sampled, scored, and learnt from",
        description="Trains an adapter on sampled answers by a reward made of error counts. The same command "
        "again goes on where it stopped, as if it had not been interrupted.",
    )
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda or cuda:N")
    parser.add_argument(
        "--export-swift",
        type=Path,
        metavar="FILE",
        help="write a script for ms-swift instead of training",
    )


def _add_probe(steps: SubParsers) -> None:
    parser = _add_step(
        steps,
        "probe",
        help="at which temperature reinforcement learning is to sample",
        description="Samples answers at several temperatures with the model and rows of a recipe for `rl`: "
        "how often the best of K is better than the greedy answer (CPI), how often the one of highest reward "
        "is no worse (BAP), and how many are valid. The same command again goes on where it stopped.",
    )
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda or cuda:N")
    parser.add_argument(
        "--temperatures",
        type=_positive,
        nargs="+",
        default=[0.3, 0.5, 0.7, 1.0],
        metavar="T",
        help="default: 0.3 0.5 0.7 1",
    )
    parser.add_argument("--clips", type=counting, default=100, metavar="N", help="at most (default: 100)")
    parser.add_argument("--margin", type=_share, default=0.05, metavar="D", help="d of CPI and BAP: 0.05")
    parser.add_argument("--min-bap", type=_share, default=0.9, metavar="SHARE", help="lowest BAP: 0.9")
    parser.add_argument(
        "--min-valid", type=_share, default=0.98, metavar="SHARE", help="lowest share of valid outputs: 0.98"
    )


def _add_router(steps: SubParsers) -> None:
    parser = _add_step(
        steps,
        "router",
        help="train the classifier that tells degraded speech from clean",
        description="Trains the router on clean and degraded speech. The same command again goes on where "
        "it stopped.",
    )
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda or cuda:N")


def _add_step(steps: SubParsers, name: str, *, help: str, description: str) -> argparse.ArgumentParser:
    """A parser with the options that all steps share."""
    parser = steps.add_parser(name, help=help, description=description)
    parser.add_argument("recipe", metavar="RECIPE", help="a file, or the name of a packaged recipe")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="the folder that is written (default: training/<recipe name>)"
    )
    parser.add_argument(
        "--data",
        type=key_value,
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="value of ${NAME} in the recipe; wins over the environment",
    )
    parser.add_argument(
        "--set",
        type=_setting,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="another value for a key of the recipe, such as phases.0.epochs=1",
    )
    parser.add_argument("--dry-run", action="store_true", help="check everything and say what would be done")
    parser.add_argument("--fresh", action="store_true", help="move earlier results aside and begin anew")
    parser.add_argument("--progress", choices=("rich", "plain", "none"), help="default: rich on a terminal")
    parser.set_defaults(handler=partial(_run, name))
    return parser


def _run(name: str, options: argparse.Namespace) -> int:
    command = importlib.import_module(f"asrdiag.trainers.{name}.command")
    try:
        return int(command.run(options))
    except KeyboardInterrupt:
        resume = shlex.join(["asrdiag", *(word for word in sys.argv[1:] if word != "--fresh")])
        complain(f"\ninterrupted; what is done is kept. To go on: {resume}")
        return 130


def _positive(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a number above 0")
    return value


def _share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a number from 0 to 1")
    return value


def _setting(text: str) -> tuple[str, str]:
    """`KEY=VALUE` as a pair."""
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected KEY=VALUE")
    return key, value
