"""What a training can be gone on with: written whole, read without pickle's powers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from asrdiag.errors import UsageError
from asrdiag.spec import Json
from asrdiag.store.atomic import replacing
from asrdiag.store.fingerprint import differences

STATE = "state.pt"
INDIFFERENT = ("max_refused_share", "save_every", "workers")
"""Keys of `training` that change no weight: they may be others when a training goes on."""


@dataclass(slots=True)
class Progress:
    """How far a training is."""

    step: int = 0
    """Steps done."""
    best: Mapping[str, float] | None = None
    """The validation scores of the best step so far, `step` among them."""


def save(folder: Path, progress: Progress, tensors: Mapping[str, Any], identity: Mapping[str, Json]) -> None:
    """Write a training's state, so that it goes on bit for bit.

    Args:
        folder: where.
        progress: how far it is.
        tensors: state dictionaries by name (model, optimizer).
        identity: of recipe and data.

    Raises:
        SaveError: it could not be written; the one before is intact.
    """
    with replacing(folder / STATE) as temporary, temporary.open("wb") as stream:
        torch.save(
            {
                "identity": json.dumps(identity),
                "step": progress.step,
                "best": None if progress.best is None else dict(progress.best),
                **tensors,
            },
            stream,
        )


def restore(folder: Path, identity: Mapping[str, Json]) -> tuple[Progress, dict[str, Any]] | None:
    """The state that `save` wrote; `None` if there is none.

    Raises:
        UsageError: it is damaged, or of a training by another recipe or on other data; the message says what
            differs.
    """
    path = folder / STATE
    if not path.is_file():
        return None
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
        known = _deciding(json.loads(found.pop("identity")))
        progress = Progress(found.pop("step"), found.pop("best"))
    except (OSError, RuntimeError, UnpicklingError, EOFError, KeyError, AttributeError, ValueError) as error:
        raise UsageError(
            f"{path}: cannot be read ({type(error).__name__}: {error}); --fresh begins anew"
        ) from error
    now = json.loads(json.dumps(identity))
    if changed := list(islice(differences(known, _deciding(now)), 3)):
        raise UsageError(
            f"{folder}: holds a training by another recipe, or on other data ({'; '.join(changed)}); --fresh "
            "moves it aside and begins anew, --out takes another folder"
        )
    return progress, found


def _deciding(identity: dict[str, Any]) -> dict[str, Any]:
    training = {key: value for key, value in identity["training"].items() if key not in INDIFFERENT}
    return {**identity, "training": training}
