"""`asrdiag rewards path TRAINER`, `asrdiag rewards inspect FILE...` and `asrdiag rewards probe FILE...`."""

import argparse
import math

from .arguments import SubParsers, counting
from .output import out
from .paths import destination, source


def add_parser(verbs: SubParsers) -> None:
    parser = verbs.add_parser(
        "rewards",
        help="plug the rewards into a trainer; look into its rollouts",
        description="Tells how a trainer finds the rewards, and looks into sampled rollouts.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    path = actions.add_parser(
        "path",
        help="what to put into a trainer's configuration",
        description="Prints what to put into a trainer's configuration.",
    )
    path.add_argument("trainer", metavar="TRAINER", help="trl, verl, swift, openrlhf or nemo_rl")
    path.set_defaults(handler=_path)
    _add_inspect(actions)
    _add_probe(actions)


def _add_inspect(actions: SubParsers) -> None:
    parser = actions.add_parser(
        "inspect",
        help="what a reward makes of rollouts",
        description="Scores logged rollouts and shows what the reward makes of them: its spread in a group, "
        "groups without variance, agreement with WER, what each term does, and the cases in which a worse "
        "transcript is preferred. Greedy rollouts beside others are taken for those of the base model.",
    )
    _add_reading(parser)
    parser.add_argument(
        "--logged", action="store_true", help="rank by the rewards that were logged, not those computed here"
    )
    parser.add_argument(
        "--cases", type=_from_zero, default=5, metavar="N", help="show so many cases (default: 5)"
    )
    parser.add_argument(
        "--csv",
        type=destination,
        metavar="PATH",
        help="write a row for each group there; - for standard output",
    )
    parser.set_defaults(handler=_inspect)


def _add_probe(actions: SubParsers) -> None:
    parser = actions.add_parser(
        "probe",
        help="which temperature to sample at",
        description="Compares sampling temperatures on rollouts of the same prompts: how often the best of K "
        "is better than the base model (CPI), how often the one of highest reward is no worse (BAP), and how "
        "many outputs are valid.",
    )
    _add_reading(parser)
    parser.add_argument(
        "--min-bap", type=_share, default=0.9, metavar="SHARE", help="lowest BAP allowed (default: 0.9)"
    )
    parser.add_argument(
        "--min-valid",
        type=_share,
        default=0.98,
        metavar="SHARE",
        help="lowest share of valid outputs allowed (default: 0.98)",
    )
    parser.add_argument(
        "--csv",
        type=destination,
        metavar="PATH",
        help="write a row for each temperature there; - for standard output",
    )
    parser.set_defaults(handler=_probe)


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        metavar="FILE",
        type=source,
        nargs="+",
        help="rollout logs: JSON Lines or Parquet, a trainer's own too; or folders of them",
    )
    parser.add_argument(
        "--field",
        type=_field,
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help="the column that holds a field such as reference, in another tool's log",
    )
    parser.add_argument(
        "--temperatures",
        type=_temperature,
        nargs="+",
        metavar="T",
        help="of the files, in their order, where the rollouts state none; 0 is greedy decoding",
    )
    parser.add_argument(
        "--preset", metavar="NAME", help="the reward: paper (default), paper-appendix or others"
    )
    for name in ("tau", "alpha-s", "alpha-dyn"):
        parser.add_argument(
            f"--{name}", type=float, metavar="X", help=f"the reward's {name.replace('-', '_')}"
        )
    parser.add_argument(
        "--clip", action="store_true", default=None, help="floor R_wer at 0, as DGWGPOReward(clip=True) does"
    )
    parser.add_argument("--language", metavar="TAG", help="of rollouts that state none (default: en)")
    parser.add_argument("--normalizer", metavar="NAME", help="use this normaliser, not the language's own")
    parser.add_argument(
        "--margin",
        type=_share,
        default=0.05,
        metavar="D",
        help="d of CPI and BAP, in error rate (default: 0.05, five points)",
    )
    parser.add_argument(
        "--k",
        type=counting,
        metavar="K",
        help="candidates that CPI and BAP are for (default: all of a group)",
    )
    parser.add_argument("--json", action="store_true", help="write JSON instead of tables")
    parser.add_argument(
        "--out", type=destination, metavar="PATH", help="write the report there; - for standard output"
    )


def _path(options: argparse.Namespace) -> int:
    from ..errors import UsageError, unknown
    from ..metrics.rewards.registration import TRAINERS, how_to_register

    try:
        out(how_to_register(options.trainer))
    except ValueError:
        raise UsageError(unknown("trainer", options.trainer, TRAINERS)) from None
    return 0


def _inspect(options: argparse.Namespace) -> int:
    from .rollouts import inspect

    return inspect(options)


def _probe(options: argparse.Namespace) -> int:
    from .rollouts import probe

    return probe(options)


def _field(text: str) -> tuple[str, str]:
    name, equals, column = text.partition("=")
    if not (name and equals and column):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected FIELD=COLUMN")
    return name, column


def _temperature(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a temperature from 0 up")
    return value


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a number from 0 to 1")
    return value


def _from_zero(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number from 0 up")
    return int(text)
