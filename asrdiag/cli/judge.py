"""`asrdiag judge RUN`, and `asrdiag judge report RUN`."""

import argparse
from pathlib import Path

from .arguments import SubParsers, counting
from .paths import destination

_OF_REPORT = ("human", "published", "judge", "json")
_OF_JUDGING = (
    *("model", "base_url", "model_id", "api_key_env", "prompt", "no_temperature", "max_output_tokens"),
    *("extra_body", "sample", "strata", "seed", "repeat", "retry_failed", "system", "dataset", "condition"),
    *("max_requests", "max_cost", "price_per_request", "price_per_million_input_tokens"),
    *("price_per_million_output_tokens", "concurrency", "requests_per_minute", "timeout_s", "retries"),
    *("dry_run", "progress"),
)


def add_parser(verbs: SubParsers) -> None:
    parser = verbs.add_parser(
        "judge",
        help="have a language model judge meaning: hallucinations, omissions, key content",
        usage="asrdiag judge RUN --model NAME --base-url URL [options]\n"
        "       asrdiag judge report RUN [--human FILE] [--published] [--judge ID] [--json PATH]",
        description="Asks a chat model behind any endpoint that speaks OpenAI's API what the transcripts of "
        "run keep of what was said; or tells what it answered, and how far that agrees with the rules, with "
        "people, with itself and with another judge. A run directory called report is ./report.",
    )
    parser.add_argument("words", metavar="RUN", nargs="+", help="a run directory; its samples stay untouched")
    _add_endpoint(parser.add_argument_group("the judge"))
    _add_choice(parser.add_argument_group("what it is asked"))
    _add_limits(parser.add_argument_group("limits"))
    report = parser.add_argument_group("report")
    report.add_argument(
        "--human", type=Path, metavar="FILE", help="compare with labels by people: CSV, TSV or JSONL"
    )
    report.add_argument("--published", action="store_true", help="show the published figures beside yours")
    report.add_argument("--judge", metavar="ID", help="of several judges this one (default: most answers)")
    report.add_argument(
        "--json", type=destination, metavar="PATH", help="write everything as JSON; - for standard output"
    )
    parser.set_defaults(handler=run)


def _add_endpoint(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--model", metavar="NAME", help="as the endpoint calls it")
    group.add_argument("--base-url", metavar="URL", help="such as https://api.openai.com/v1")
    group.add_argument(
        "--model-id", metavar="NAME", help="keep the answers under this name (default: that of --model)"
    )
    group.add_argument(
        "--api-key-env",
        metavar="NAME",
        help="the environment variable that holds the key (default: no key)",
    )
    group.add_argument("--prompt", metavar="NAME", help="the version of what it is told (default: judge@1)")
    group.add_argument(
        "--no-temperature",
        action="store_true",
        help="send no temperature, for models that take none (default: 0 is sent)",
    )
    group.add_argument(
        "--max-output-tokens", type=counting, metavar="N", help="of an answer, reasoning included (1000)"
    )
    group.add_argument(
        "--extra-body", metavar="JSON", help="further fields of the request, as the endpoint documents them"
    )


def _add_choice(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--sample", type=counting, metavar="N", help="judge N answers that stand for all (default: all)"
    )
    group.add_argument(
        "--strata",
        nargs="+",
        metavar="NAME",
        help="draw them by system, mode, wer, dataset, condition, subset, language; where there are too many "
        "strata the last is left out (default: system mode dataset condition, or as before)",
    )
    group.add_argument("--seed", type=int, metavar="N", help="of the sample (default: 0)")
    group.add_argument(
        "--repeat", type=counting, metavar="N", help="judge each pair N times, to see how steady it is"
    )
    group.add_argument(
        "--retry-failed", action="store_true", help="ask again what it refused or could not answer"
    )
    for kind in ("system", "dataset", "condition"):
        group.add_argument(
            f"--{kind}", nargs="+", action="extend", default=[], metavar="ID", help=f"only these {kind}s"
        )


def _add_limits(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--dry-run", action="store_true", help="print requests, tokens and cost; nothing is sent or written"
    )
    group.add_argument(
        "--max-requests", type=counting, metavar="N", help="of this judge in this run, over all sessions"
    )
    group.add_argument("--max-cost", type=_amount, metavar="X", help="likewise; needs a price")
    for name in ("request", "million-input-tokens", "million-output-tokens"):
        group.add_argument(f"--price-per-{name}", type=_amount, metavar="X", help="in any one currency")
    group.add_argument("--concurrency", type=counting, metavar="N", help="requests at a time (default: 8)")
    group.add_argument("--requests-per-minute", type=_amount, metavar="X", help="default: no limit")
    group.add_argument("--timeout-s", type=_amount, metavar="S", help="for a request (default: 120)")
    group.add_argument("--retries", type=_whole, metavar="N", help="of a request that failed (default: 5)")
    group.add_argument(
        "--progress", choices=("rich", "plain", "none"), help="default: rich on a terminal, else plain"
    )


def run(options: argparse.Namespace) -> int:
    from ..errors import UsageError

    is_report = options.words[0] == "report"
    runs = options.words[is_report:]
    if len(runs) != 1:
        found = f"{len(runs)} run directories" if runs else "none"
        raise UsageError(f"found {found}, expected one: asrdiag judge RUN, or asrdiag judge report RUN")
    for name in _OF_JUDGING if is_report else _OF_REPORT:
        if getattr(options, name) not in (None, False, []):
            whose = "asking a judge: asrdiag judge RUN" if is_report else "asrdiag judge report RUN"
            raise UsageError(f"--{name.replace('_', '-')} is for {whose}")
    if is_report:
        from .judge_report import report

        return report(Path(runs[0]), options)
    from .judge_run import judge

    return judge(Path(runs[0]), options)


def _amount(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a number above 0")
    return value


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number from 0 up")
    return int(text)
