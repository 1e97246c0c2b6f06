"""The training loop. A step depends on the recipe and its number only: an interruption leaves no trace."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from asrdiag.errors import AsrdiagError
from asrdiag.routing.config import WEIGHTS, RouterConfig
from asrdiag.routing.model import RouterModel
from asrdiag.routing.router import Router, load_weights
from asrdiag.simulation.seeding import draws
from asrdiag.spec import Json
from asrdiag.store.atomic import replacing, write_text
from asrdiag.store.log import JsonLog, read_log

from ..progress import TrainDisplay
from .batches import Batch, Batches, stream
from .evaluation import Judged, judge, require_judged
from .examples import Examples
from .listening import Listener, Refusal
from .measures import auc, nll
from .recipe import RouterRecipe, Training
from .saved import Progress, restore, save

LOG, BEST, REFUSED = "training.jsonl", "best.safetensors", "refused.jsonl"
GPU_WORKERS = 4


@dataclass(frozen=True, slots=True)
class Learned:
    """A finished training."""

    model: RouterModel
    """With the weights of the best step."""
    best: Progress
    n_steps: int


def learning_rate(step: int, n_steps: int, said: Training) -> float:
    """Of a step, counted from 0: rising in a straight line, then falling to 0 along half a cosine.

    >>> said = Training(learning_rate=1.0, warmup_ratio=0.1)
    >>> [round(learning_rate(step, 100, said), 3) for step in (0, 9, 10, 55, 99)]
    [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    warm = round(said.warmup_ratio * n_steps)
    if step < warm:
        return said.learning_rate * (step + 1) / warm
    return said.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, n_steps - warm)))


def n_steps_of(examples: Examples, said: Training) -> int:
    """How many steps its epochs are."""
    return max(1, math.ceil(said.epochs * len(examples) / said.batch_size))


def learn(
    recipe: RouterRecipe,
    train: Examples,
    validation: Examples,
    folder: Path,
    *,
    identity: Mapping[str, Json],
    device: torch.device,
    display: TrainDisplay,
) -> Learned:
    """Train, or go on with a training that was interrupted.

    Args:
        recipe: with `train` and `validation`.
        train: the clips of the one.
        validation: those of the other.
        folder: of the training: its state, log and best weights.
        identity: of recipe and data.
        device: where.
        display: shows how far it is.

    Raises:
        UsageError: the folder holds another training, or a damaged one.
        AsrdiagError: the loss is no number.
        SaveError: something could not be written.
    """
    said = recipe.training
    n_steps = n_steps_of(train, said)
    torch.manual_seed(recipe.seed)
    model = RouterModel(recipe.model).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), said.learning_rate, weight_decay=said.weight_decay)
    progress = Progress()
    if (found := restore(folder, identity)) is not None:
        progress, tensors = found
        model.load_state_dict(tensors["model"])
        optimizer.load_state_dict(tensors["optimizer"])
        display.note(f"going on after step {progress.step} of {n_steps}")
    _cut_log(folder / LOG, progress.step)
    listener = Listener(recipe.simulation, said, recipe.seed)
    batches = Batches(train, listener, said.batch_size)
    often = min(said.evaluations, n_steps)
    checks = {math.ceil(n_steps * (number + 1) / often) for number in range(often)}
    workers = said.workers if said.workers is not None else (GPU_WORKERS if device.type == "cuda" else 0)
    display.begin(n_steps, progress.step)
    with JsonLog(folder / LOG) as log, JsonLog(folder / REFUSED) as refused:
        for batch in stream(batches, progress.step, n_steps, workers):
            step = progress.step
            rate = learning_rate(step, n_steps, said)
            # Dropout draws by the number of the step: what was drawn before an interruption is not needed.
            torch.manual_seed(_seed_of_step(recipe.seed, step))
            loss = _step(model, optimizer, batch, rate, said)
            if loss is not None and not math.isfinite(loss):
                raise AsrdiagError(
                    f"step {step + 1}: the loss is {loss}; lower training.learning_rate, and begin anew with "
                    "--fresh"
                )
            progress.step += 1
            record_refusals(refused, "train", batch.refusals)
            log.append({"step": progress.step, "loss": loss, "learning_rate": rate, "n": len(batch.labels)})
            if progress.step in checks:
                judged = judge(Router(model, device), validation, listener)
                scores = _scores(judged, progress.step)
                require_judged(judged, "validation")
                log.append({"step": progress.step, "validation": scores})
                best = ""
                if _better(scores, progress.best, said.select_by):
                    best = " (best)"
                    progress.best = scores
                    _write_weights(folder / BEST, model)
                display.note(
                    f"step {progress.step}: validation AUC {scores['auc']:.4f}, accuracy "
                    f"{100 * scores['accuracy']:.2f} %, loss {scores['loss']:.4f}{best}"
                )
            if progress.step in checks or progress.step % said.save_every == 0:
                states = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
                save(folder, progress, states, identity)
            display.advance("no clip could be heard" if loss is None else f"loss {loss:.4f}")
    chosen = RouterModel(recipe.model)
    load_weights(chosen, folder / BEST)
    return Learned(chosen, progress, n_steps)


def export(model: RouterModel, config: RouterConfig, folder: Path) -> None:
    """Write a router's folder: `model.safetensors` and `config.json`, which comes last.

    Raises:
        SaveError: a file could not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_weights(folder / WEIGHTS, model)
    config.write(folder)


def _seed_of_step(seed: int, step: int) -> int:
    return int(draws(seed, str(step), "asrdiag train router", "dropout").randint(2**31 - 1))


def _step(model: RouterModel, optimizer: Any, batch: Batch, rate: float, said: Training) -> float | None:
    """One step of the optimizer; its loss, or `None` if no clip of the batch could be heard."""
    if not len(batch.labels):
        return None
    device = next(model.parameters()).device
    model.train()
    for group in optimizer.param_groups:
        group["lr"] = rate
    with torch.autocast(device.type, torch.bfloat16, enabled=_half(said, device)):
        logits = model.logits_of(batch.samples.to(device), batch.lengths.to(device))
    loss = cross_entropy(logits.float(), batch.labels.to(device), label_smoothing=said.label_smoothing)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(model.parameters(), said.clip_norm)
    optimizer.step()
    return float(loss.detach())


def _half(said: Training, device: torch.device) -> bool:
    if said.precision == "auto":
        return device.type == "cuda" and torch.cuda.is_bf16_supported()
    return said.precision == "bfloat16"


def _scores(judged: Judged, step: int) -> dict[str, float]:
    right = (judged.logits >= 0) == judged.degraded
    return {
        "step": step,
        "auc": auc(judged.logits, judged.degraded).value or 0.0,
        "accuracy": float(right.mean()),
        "loss": nll(judged.logits, judged.degraded),
    }


def _better(scores: dict[str, float], best: Any, by: str) -> bool:
    if best is None:
        return True
    return (round(scores[by], 6), -scores["loss"]) > (round(best[by], 6), -best["loss"])


def _write_weights(path: Path, model: RouterModel) -> None:
    from safetensors.torch import save as as_bytes

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    with replacing(path) as temporary:
        temporary.write_bytes(as_bytes(tensors, metadata={"format": "pt"}))


def _cut_log(path: Path, step: int) -> None:
    """Leave out what was written after the state from which the training goes on."""
    kept = [record for record in read_log(path) if record["step"] <= step]
    if path.is_file():
        write_text(path, "".join(json.dumps(record) + "\n" for record in kept))


def record_refusals(log: JsonLog, name: str, refusals: Sequence[Refusal]) -> None:
    """Write down why clips were not heard."""
    for refusal in refusals:
        log.append({"set": name, "id": refusal.id, "reason": refusal.reason, "detail": refusal.detail})
