"""What one command does: a training, its evaluation and a sweep, and the files that they leave."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from asrdiag.cli.output import complain, out
from asrdiag.errors import UsageError
from asrdiag.report.rows import to_csv
from asrdiag.routing.router import Router
from asrdiag.spec import Json
from asrdiag.store.atomic import is_leftover, write_json, write_text
from asrdiag.store.log import JsonLog, read_log

from ..overlap import Traits, in_common, told
from ..progress import TrainDisplay
from ..recipe import LoadedRecipe
from . import answers, evaluation
from . import sweep as sweeping
from .evaluation import judge, reasons, reliability_rows, require_judged
from .examples import Examples, gather, require_both_sides
from .learning import REFUSED, Learned, export, learn, n_steps_of, record_refusals
from .listening import Listener
from .measures import fit_temperature
from .recipe import RouterRecipe
from .saved import restore

TRAIN, VALIDATION = "train", "validation"
ROUTER = "router"
"""The folder of the finished router in that of its training."""
RELIABILITY, EVALUATION, SWEEP, SUMMARY = "reliability.csv", "evaluation.csv", "sweep.csv", "training.json"
RESOLVED = "recipe.resolved.json"
"""Written first: a folder with it is that of a router."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A recipe with its clips."""

    loaded: LoadedRecipe[RouterRecipe]
    sets: Mapping[str, Examples]
    """`train` and `validation`, if it trains, and the test sets."""
    device: torch.device

    @property
    def recipe(self) -> RouterRecipe:
        return self.loaded.recipe

    def lines(self) -> Iterator[str]:
        """What would be done."""
        for name, examples in self.sets.items():
            n_degraded, n_simulated = int(examples.degraded.sum()), int(examples.simulated.sum())
            made = f" ({n_simulated} of them made while training)" if n_simulated else ""
            yield f"{name}: {len(examples) - n_degraded} clean clips, {n_degraded} degraded{made}"
        if TRAIN in self.sets:
            n_steps = n_steps_of(self.sets[TRAIN], self.recipe.training)
            yield f"{n_steps} steps of {self.recipe.training.batch_size} clips on {self.device}"

        if TRAIN in self.sets:
            judged = list(_traits(self.sets[VALIDATION]))
            yield from told(in_common(judged, _traits(self.sets[TRAIN])), len(judged), "validation clip")

    def identity(self) -> dict[str, Json]:
        """Of all that the weights depend on."""
        said = self.loaded.resolved()
        what = {
            name: said[name] for name in ("seed", "model", "train", "validation", "simulation", "training")
        }
        return {**what, "content": {name: list(self.sets[name].content) for name in (TRAIN, VALIDATION)}}


def _traits(examples: Examples) -> Iterator[Traits]:
    """Of every clip, once: a simulated one has the clean one beside it."""
    return (Traits.of_utterance(each.utterance) for each in examples if not each.simulated)


def plan(loaded: LoadedRecipe[RouterRecipe], device: torch.device) -> Plan:
    """Find a recipe's clips.

    Raises:
        UsageError: a file is missing or wrong, or a set has one side only.
    """
    recipe = loaded.recipe
    sets: dict[str, Examples] = {}
    if recipe.train and recipe.validation:
        sets = {TRAIN: gather(recipe.train, TRAIN), VALIDATION: gather(recipe.validation, VALIDATION)}
        for name, examples in sets.items():
            require_both_sides(examples, name)
    for name, sources in recipe.tests.items():
        if name in (TRAIN, VALIDATION):
            raise UsageError(f"{loaded.path}: tests.{name}: expected another name than train and validation")
        sets[name] = gather(sources, f"tests.{name}")
    return Plan(loaded, sets, device)


def do(planned: Plan, folder: Path, display: TrainDisplay) -> int:
    """Train, evaluate and sweep, as far as it is not done; the exit status.

    Raises:
        UsageError: the folder holds another training or other files, or runs of the sweep cannot be used.
        SaveError: something could not be written.
    """
    recipe = planned.recipe
    if recipe.router is None:
        restore(folder, planned.identity())  # refuses another training before anything of it is changed
    _require_own(folder)
    write_json(folder / RESOLVED, planned.loaded.resolved())
    write_text(folder / "recipe.yaml", planned.loaded.content.decode("utf-8"))
    if recipe.router is None:
        place = folder / ROUTER
        _train(planned, folder, display)
    else:
        place = recipe.router
    router = Router.open(place, planned.device)
    _evaluate(planned, router, folder, display)
    if recipe.sweep is not None:
        _sweep(planned, router, folder, display)
    out(f"router: {place}")
    return _refused(planned, folder)


def _require_own(folder: Path) -> None:
    """Leave a folder alone that somebody else has put files into."""
    others = [each for each in folder.iterdir() if each.name != ".lock" and not is_leftover(each)]
    if others and not (folder / RESOLVED).is_file():
        raise UsageError(f"{folder}: found other files there; expected a new folder, or --fresh")


def _train(planned: Plan, folder: Path, display: TrainDisplay) -> None:
    recipe = planned.recipe
    learned = learn(
        recipe,
        planned.sets[TRAIN],
        planned.sets[VALIDATION],
        folder,
        identity=planned.identity(),
        device=planned.device,
        display=display,
    )
    _export(learned, planned, folder)


def _export(learned: Learned, planned: Plan, folder: Path) -> None:
    recipe = planned.recipe
    listener = Listener(recipe.simulation, recipe.training, recipe.seed)
    judged = judge(Router(learned.model, planned.device), planned.sets[VALIDATION], listener)
    require_judged(judged, VALIDATION)
    temperature = fit_temperature(judged.logits, judged.degraded)
    config = recipe.model.model_copy(update={"temperature": temperature})
    export(learned.model.cpu(), config, folder / ROUTER)
    write_json(
        folder / SUMMARY,
        {"n_steps": learned.n_steps, "best": learned.best.best, "temperature": temperature},
    )


def _evaluate(planned: Plan, router: Router, folder: Path, display: TrainDisplay) -> None:
    recipe, config = planned.recipe, router.config
    listener = Listener(recipe.simulation, recipe.training, recipe.seed)
    sets = {name: examples for name, examples in planned.sets.items() if name != TRAIN}
    if not sets:
        return
    display.begin(sum(map(len, sets.values())), 0, "clips")
    rows: list[dict[str, Any]] = []
    bins: list[dict[str, Any]] = []
    in_training = [record for record in read_log(folder / REFUSED) if record["set"] == TRAIN]
    write_text(folder / REFUSED, "".join(json.dumps(record) + "\n" for record in in_training))
    with JsonLog(folder / REFUSED) as refused:
        for name, examples in sets.items():
            judged = judge(router, examples, listener, partial(display.advance, name))
            record_refusals(refused, name, judged.refusals)
            if not judged.ids:
                raise UsageError(f"{name}: no clip could be heard; refused: {reasons(judged.refusals)}")
            rows += evaluation.rows(name, judged, config.temperature, config.threshold)
            bins += reliability_rows(name, judged, config.temperature)
    write_text(folder / EVALUATION, to_csv(rows, evaluation.COLUMNS))
    write_text(folder / RELIABILITY, to_csv(bins, evaluation.RELIABILITY_COLUMNS))
    for row in rows:
        if row["group"] in ("all", "severity"):
            out(_evaluated(row))


def _evaluated(row: Mapping[str, Any]) -> str:
    which = row["set"] if row["group"] == "all" else f"{row['set']}, severity {row['value']}"
    said = (
        f"{which}: accuracy {row['accuracy_pct']:.2f} % [{row['accuracy_low_pct']:.2f}, "
        f"{row['accuracy_high_pct']:.2f}] of {row['n_clean'] + row['n_degraded']}"
    )
    if row["auc"] is not None:
        said += f", AUC {row['auc']:.4f} [{row['auc_low']:.4f}, {row['auc_high']:.4f}]"
    return said if row["ece"] is None else f"{said}, ECE {row['ece']:.4f}"


def _sweep(planned: Plan, router: Router, folder: Path, display: TrainDisplay) -> None:
    said, own = planned.recipe.sweep, router.config.threshold
    assert said is not None
    if missing := [path for path in said.runs if not path.exists()]:
        out(f"sweep: not yet, there is no {', '.join(map(str, missing))}; the same command does it later")
        return
    display.begin(answers.n_answers(said), unit="clips")
    cells = answers.answered(said, router, partial(display.advance, "sweep"))
    rows = list(sweeping.rows(cells, said.thresholds, own))
    write_text(folder / SWEEP, to_csv(rows, sweeping.COLUMNS))
    last = rows[-1]["dataset"], rows[-1]["condition"]
    for row in rows:
        if (row["dataset"], row["condition"]) == last and (
            row["policy"] != sweeping.AT or row["threshold"] == own
        ):
            out(_swept(row))
    out(f"lowest error rate at the threshold {sweeping.best_threshold(cells, said.thresholds):g}")
    if lost := sum(cell.n_unanswered for cell in cells):
        complain(f"sweep: {lost} clips left out: one of the systems has no answer to them")


def _swept(row: Mapping[str, Any]) -> str:
    policy = row["policy"] if row["threshold"] is None else f"from p = {row['threshold']:g}"
    rate = "no reference tokens" if row["error_rate_pct"] is None else f"{row['error_rate_pct']:.2f} %"
    interval = ""
    if row["ci_low_pct"] is not None:
        interval = f" [{row['ci_low_pct']:.2f}, {row['ci_high_pct']:.2f}]"
    share = f"{row['adapted_share_pct']:.1f} % adapted"
    return f"{row['dataset']}/{row['condition']}: {policy}: {row['metric'].upper()} {rate}{interval}, {share}"


def _refused(planned: Plan, folder: Path) -> int:
    """Say what was not heard; the exit status."""
    found = {(record["set"], record["id"]): record["reason"] for record in read_log(folder / REFUSED)}
    if not found:
        return 0
    counts = ", ".join(f"{count} {reason}" for reason, count in Counter(found.values()).most_common())
    total = sum(map(len, planned.sets.values()))
    complain(f"{len(found)} of {total} clips were not heard: {counts}; see {folder / REFUSED}")
    return int(len(found) > planned.recipe.training.max_refused_share * total)
