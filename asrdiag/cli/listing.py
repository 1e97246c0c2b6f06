"""`asrdiag list KIND`."""

import argparse
from collections.abc import Callable, Iterator

from ..errors import UsageError
from ..registry import Registry
from .arguments import SubParsers
from .output import out


def add_parser(verbs: SubParsers) -> None:
    parser = verbs.add_parser("list", help="list what asrdiag knows", description="Lists what asrdiag knows.")
    parser.add_argument("kind", choices=tuple(_KINDS), metavar="KIND", help=", ".join(_KINDS))
    parser.set_defaults(handler=run)


def run(options: argparse.Namespace) -> int:
    found = list(_KINDS[options.kind]())
    width = max((len(name) for name, _ in found), default=0)
    for name, text in found:
        out(f"{name:<{width}}  {text}".rstrip())
    return 0


def _suites() -> Iterator[tuple[str, str]]:
    from ..suite import packaged_suites
    from ..suite.document import read_document

    for name, path in packaged_suites().items():
        yield name, " ".join(str(read_document(path).data.get("description", "")).split())


def _systems() -> Iterator[tuple[str, str]]:
    from ..suite.ready import ready_systems

    for system in ready_systems():
        yield system.id, f"{system.model}, {system.state}"


def _engines() -> Iterator[tuple[str, str]]:
    from ..engines import ENGINES

    return _registered(ENGINES)


def _datasets() -> Iterator[tuple[str, str]]:
    from ..datasets import DATASETS

    return _registered(DATASETS)


def _conditions() -> Iterator[tuple[str, str]]:
    from ..simulation import CONDITIONS

    return _registered(CONDITIONS)


def _normalizers() -> Iterator[tuple[str, str]]:
    from ..metrics import NORMALIZERS

    yield from NORMALIZERS.items()


def _metrics() -> Iterator[tuple[str, str]]:
    from ..report.columns import COLUMNS
    from ..report.comparison_columns import COMPARISON_COLUMNS
    from ..report.rows import METRICS

    for name in METRICS:
        yield name, COLUMNS[name]
    of_pairs = list(COMPARISON_COLUMNS)
    for name in of_pairs[of_pairs.index("n_compared") :]:
        if name not in METRICS:
            yield name, f"{COMPARISON_COLUMNS[name]} (compare)"


def _rewards() -> Iterator[tuple[str, str]]:
    from ..metrics import rewards

    for name in rewards.__all__:
        if name.endswith(("Reward", "Gate")) and name != "Reward":
            yield name, (getattr(rewards, name).__doc__ or "").strip().split("\n")[0]
    for name, parameters in rewards.PRESETS.items():
        settings = ", ".join(f"{key}={value}" for key, value in parameters.items())
        yield f'DGWGPOReward.preset("{name}")', settings or "the defaults, as published"


def _registered(registry: Registry) -> Iterator[tuple[str, str]]:
    for name in registry.names():
        try:
            document = registry.load(name).__doc__ or ""
        except UsageError as error:
            document = str(error)
        yield name, document.strip().split("\n")[0]


_KINDS: dict[str, Callable[[], Iterator[tuple[str, str]]]] = {
    "suites": _suites,
    "systems": _systems,
    "engines": _engines,
    "datasets": _datasets,
    "conditions": _conditions,
    "normalizers": _normalizers,
    "metrics": _metrics,
    "rewards": _rewards,
}
