"""`asrdiag validate SUITE`."""

import argparse

from .arguments import SubParsers, add_selection, load
from .output import out


def add_parser(verbs: SubParsers) -> None:
    parser = verbs.add_parser(
        "validate",
        help="check a suite, its data and its systems without running it",
        description="Checks the suite's text, its systems, its datasets and the header of every audio file.",
    )
    parser.add_argument("suite", metavar="SUITE", help="a YAML file, or the name of a packaged suite")
    add_selection(parser)
    parser.set_defaults(handler=run)


def run(options: argparse.Namespace) -> int:
    from ..runner.dataset import normalizers_of
    from ..runner.inventory import mismatches, take_inventory

    plan = load(options)
    problems: list[str] = []
    n_problems = 0
    for dataset in plan.datasets:
        found = take_inventory(dataset)
        normalizers = ", ".join(
            f"{language}: {name}" for language, name in normalizers_of(plan.suite.suite, dataset).items()
        )
        out(
            f"dataset {dataset.spec.id}: {found.clips} clips, {found.audio_s:.0f} s, "
            f"{found.empty_references} empty references; normaliser {normalizers}"
        )
        if plan.is_heard(dataset.spec.id):
            problems += found.problem_lines()
            n_problems += found.n_problems
    for system in plan.systems:
        out(f"system {system.id}: {system.identity()['model']}, can run here")
    for remark in plan.answers.remarks:
        out(remark)
    unfit = [*mismatches(plan), *plan.answers.problems]
    problems += unfit
    n_problems += len(unfit)
    for dataset_id, reason in plan.not_run.items():
        out(f"dataset {dataset_id}: not run: {reason}")
    for problem in problems:
        out(f"problem: {problem}")
    out(f"{plan.suite.path}: {len(plan.cells)} cells, {n_problems} problems")
    return 1 if n_problems else 0
