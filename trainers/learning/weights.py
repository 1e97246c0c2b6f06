"""What was learnt, on disk: an adapter, or all weights where there is none."""

import copy
import json
import shutil
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from asrdiag.errors import UsageError
from asrdiag.store.atomic import replacing_folder

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
"""Of an adapter, as peft calls them."""


def save_weights(model: Any, folder: Path) -> None:
    """Write the adapter, or the whole model; nothing else of the training."""
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors.torch import save_file

    if not isinstance(model, PeftModel):
        model.save_pretrained(str(folder))
        return
    folder.mkdir(parents=True, exist_ok=True)
    # Embeddings are never adapted; asking whether they were would mean asking the hub for the base model.
    found = get_peft_model_state_dict(model, save_embedding_layers=False)
    tensors = {name: each.detach().cpu().contiguous() for name, each in found.items()}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    config = copy.copy(model.peft_config["default"])
    config.inference_mode = True
    config.save_pretrained(str(folder))


def read_adapter(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The configuration and the tensors of an adapter that training is to start from.

    Raises:
        UsageError: it is none.
    """
    from safetensors.torch import load_file

    try:
        said = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        found = load_file(folder / WEIGHTS)
    except (OSError, ValueError, SafetensorError) as error:
        raise UsageError(f"start: {folder}: expected an adapter of peft: {error}") from error
    if not isinstance(said, dict):
        raise UsageError(f"start: {folder / CONFIG}: found {said!r:.80}, expected an adapter's configuration")
    for name, each in found.items():
        if not (each.is_floating_point() and each.isfinite().all()):
            raise UsageError(
                f"start: {folder / WEIGHTS}: {name}: found NaN, infinity or whole numbers, expected weights"
            )
    return said, found


def load_start(model: Any, folder: Path) -> None:
    """Go on from an adapter instead of from a new one.

    Raises:
        UsageError: it is none, or of other layers or another rank or alpha than the model's.
    """
    from peft import get_peft_model_state_dict

    said, found = read_adapter(folder)
    config = model.peft_config["default"]
    own = get_peft_model_state_dict(model, save_embedding_layers=False)
    wanted = {name: tuple(each.shape) for name, each in own.items()} | {"alpha": config.lora_alpha}
    there = {name: tuple(each.shape) for name, each in found.items()} | {"alpha": said.get("lora_alpha")}
    if differing := sorted(name for name in {*wanted, *there} if wanted.get(name) != there.get(name)):
        name = differing[0]
        raise UsageError(
            f"start: {folder}: found {name} {there.get(name)}, expected {wanted.get(name)}: training can go "
            "on from an adapter of the same layers, rank and alpha"
        )
    load_weights(model, folder)


def load_weights(model: Any, folder: Path) -> None:
    """Read what `save_weights` wrote, bit for bit."""
    from peft import PeftModel, set_peft_model_state_dict
    from safetensors.torch import load_file

    found: dict[str, Any] = {}
    for file in sorted(folder.glob("*.safetensors")):
        found |= load_file(file)
    if isinstance(model, PeftModel):
        set_peft_model_state_dict(model, found)
    else:
        model.load_state_dict(found, strict=False)  # tied weights are there once
        model.tie_weights()


def put(source: Path, target: Path) -> None:
    """Copy a folder of weights under a name that it gets when all of it is there.

    Raises:
        SaveError: it could not be written; what was there before is as it was.
    """
    with replacing_folder(target) as temporary:
        copy_weights(source, temporary)


def copy_weights(source: Path, target: Path) -> None:
    """Copy the weights of a checkpoint, and what belongs to them, into a folder."""
    for file in sorted(source.iterdir()):
        is_weights = file.suffix in (".safetensors", ".json", ".jinja") and file.name != "trainer_state.json"
        if is_weights:
            shutil.copyfile(file, target / file.name)
