"""Asking a judge."""

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .output import complain, out

if TYPE_CHECKING:
    from ..judge.session import Forecast, Plan, Result
    from ..judge.settings import JudgeSettings
    from ..store.folder import RunFolder

ACCEPTED_FAILURES = 0.05
"""The share of the session's questions that may end without an answer for the status to be 0."""


def judge(path: Path, options: argparse.Namespace) -> int:
    """Judge a run; the exit status."""
    from ..judge.population import Selection
    from ..judge.sampling import DEFAULT, Sample
    from ..judge.session import make_plan
    from ..store.folder import RunFolder
    from ..store.lock import RunLock

    settings = _settings(options)
    folder = RunFolder(path)
    folder.read_run()
    sample = Sample(
        options.sample,
        tuple(options.strata or DEFAULT),
        options.seed or 0,
        Selection(tuple(options.system), tuple(options.dataset), tuple(options.condition)),
    )
    same_strata = options.strata is None and options.seed is None and options.sample is not None

    def plan() -> "Plan":
        return make_plan(
            folder,
            settings,
            sample,
            same_strata=same_strata,
            repeats=options.repeat or 1,
            retry_failed=options.retry_failed,
        )

    if options.dry_run:
        return _show_forecast(plan())
    settings.require_usable()
    with RunLock(path):  # before the plan: what another process answers meanwhile is not asked again
        return _ask(plan(), folder, options)


def _settings(options: argparse.Namespace) -> "JudgeSettings":
    from ..errors import UsageError
    from ..hosted.calling import Manner
    from ..judge.costs import Prices
    from ..judge.settings import JudgeSettings

    for name in ("model", "base_url"):
        if not getattr(options, name):
            raise UsageError(f"found no --{name.replace('_', '-')}; expected --model NAME --base-url URL")
    manner = {
        name: value
        for name in ("concurrency", "requests_per_minute", "timeout_s", "retries")
        if (value := getattr(options, name)) is not None
    }
    given = {
        name: value
        for name in ("prompt", "max_output_tokens")
        if (value := getattr(options, name)) is not None
    }
    return JudgeSettings(
        model=options.model,
        base_url=options.base_url,
        model_id=options.model_id,
        api_key_env=options.api_key_env,
        temperature=None if options.no_temperature else 0.0,
        extra_body=_extra_body(options.extra_body),
        manner=Manner(**manner),
        prices=Prices(
            options.price_per_request,
            options.price_per_million_input_tokens,
            options.price_per_million_output_tokens,
        ),
        max_requests=options.max_requests,
        max_cost=options.max_cost,
        **given,
    )


def _extra_body(text: str | None) -> dict[str, Any]:
    from ..errors import UsageError

    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UsageError(f"--extra-body: found {text!r}, expected a JSON object such as '{{\"seed\": 1}}'")
    return found


def _tell(plan: "Plan") -> None:
    for note in plan.population.notes:
        complain(f"asrdiag: {note}")
    answers, asked = len(plan.population.answers), len({question.key for question in plan.questions})
    of_open = answers - plan.n_by_rule
    drawn = "all" if plan.n_sampled == of_open else f"{plan.n_sampled}"
    strata = f", drawn by {', '.join(plan.sample.strata) or 'chance alone'}" if plan.sample.size else ""
    done = len(plan.questions) - len(plan.todo)
    out(
        f"{plan.settings.id}: {answers} answers, {plan.n_by_rule} need no judge; of the other {of_open} "
        f"{drawn} are to be judged{strata}: {asked} different pairs of texts, {len(plan.questions)} "
        f"questions, {done} of them done"
    )


def _show_forecast(plan: "Plan") -> int:
    from ..judge.session import forecast

    _tell(plan)
    found = forecast(plan)
    out(
        f"{found.requests} requests, about {found.input_tokens} tokens in and {found.output_tokens} out"
        f"{_cost(found)}; nothing was sent"
    )
    if plan.state.requests:
        out(f"before: {plan.state.requests} requests{f', {plan.state.cost:.6g}' if plan.state.cost else ''}")
    return 0


def _cost(found: "Forecast") -> str:
    if found.cost is None or found.most_cost is None:
        return "; no price is given, so no cost"
    return f"; about {found.cost:.6g}, and {found.most_cost:.6g} at most if nothing is asked twice"


def _ask(plan: "Plan", folder: "RunFolder", options: argparse.Namespace) -> int:
    from ..judge.session import run_session
    from ..judge.summary import summarize
    from ..report.rows import LEADERBOARD_COLUMNS, leaderboard_rows, to_csv
    from ..store.atomic import write_text
    from .judge_progress import make_progress

    _tell(plan)
    with make_progress(options.progress, len(plan.todo)) as progress:
        try:
            result = run_session(plan, folder, progress.told, progress.note)
        finally:
            summarize(folder)
            write_text(folder.leaderboard, to_csv(leaderboard_rows(folder), LEADERBOARD_COLUMNS))
    return _conclude(folder.path, result)


def _conclude(path: Path, result: "Result") -> int:
    if result.lost:
        complain(
            f"asrdiag: {result.lost} requests were under way when an earlier session ended; they may have "
            "been paid for, count at their worst, and are asked again"
        )
    for reason, count in result.reasons.most_common(5):
        complain(f"asrdiag: {count} without an answer: {reason}")
    out(
        f"{result.answered} judged, {result.failed} failed, {result.left} left; "
        f"`asrdiag judge report {shlex.quote(str(path))}` tells what was found"
    )
    again = "The same command goes on: nothing that is answered is asked again."
    if result.interrupted:
        complain(f"asrdiag: interrupted. {again}\n  {shlex.join(['asrdiag', *sys.argv[1:]])}")
        return 130
    if result.left:
        complain(f"asrdiag: stopped: {result.stopped}. {again}")
        return 1
    asked = result.answered + result.failed
    passing = any(reason.startswith("RequestFailed") for reason in result.reasons)
    return 1 if passing or result.failed > ACCEPTED_FAILURES * asked else 0
