"""What imports need of other packages, and what transformers expects of a checkpoint."""

from collections.abc import Mapping
from importlib import util
from pathlib import Path
from typing import Any

from ..errors import UsageError

Shape = tuple[int, ...]
_NEEDED = ("safetensors", "torch", "transformers")
_SHOWN = 5


def require_extra(*, peft: bool = False) -> None:
    """Refuse to go on where the extra is not installed.

    Args:
        peft: whether peft is needed too.

    Raises:
        UsageError: names what is missing and what to install.
    """
    missing = [name for name in (*_NEEDED, *(["peft"] if peft else [])) if util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"importing checkpoints needs {', '.join(missing)}: pip install 'asrdiag[transformers]'"
        )


def expected_tensors(architecture: str, config: Any) -> dict[str, Shape]:
    """Names and shapes of the weights that a transformers model of this configuration has.

    Nothing is allocated. What is tied to the embedding is left out, as checkpoints leave it out.

    Args:
        architecture: the model's class in transformers.
        config: its configuration.
    """
    import torch
    import transformers

    with torch.device("meta"):
        model = getattr(transformers, architecture)(config)
    shared = {name for name, _ in model.named_parameters(remove_duplicate=False)}
    shared -= {name for name, _ in model.named_parameters()}
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items() if name not in shared}


def compare_tensors(
    what: str, found: Mapping[str, Shape], expected: Mapping[str, Shape], *, partial: bool = False
) -> None:
    """Check that a checkpoint has every tensor the model expects, and no other.

    Args:
        what: the checkpoint, for the message.
        found: shapes by name.
        expected: shapes by name.
        partial: some may be missing (an adapter changes what it changes).

    Raises:
        UsageError: lists what is missing, surplus or of another shape.
    """
    missing = [] if partial else [name for name in expected if name not in found]
    surplus = [name for name in found if name not in expected]
    wrong = [
        f"{name} (found {list(found[name])}, expected {list(expected[name])})"
        for name in found
        if name in expected and found[name] != expected[name]
    ]
    complaints = [
        f"{len(names)} {kind}: {listing(names)}"
        for kind, names in (("missing", missing), ("surplus", surplus), ("of another shape", wrong))
        if names
    ]
    if complaints:
        raise UsageError(f"{what}: the weights do not fit the model; {'; '.join(complaints)}")


def save_processor(processor: Any, folder: Path) -> None:
    """Write a transformers processor.

    Raises:
        OSError: it could not be written.
    """
    try:
        processor.save_pretrained(folder)
    except Exception as error:
        # What tokenizers raises on a full disk is a bare Exception.
        if type(error) is Exception:
            raise OSError(str(error)) from error
        raise


def listing(names: list[str]) -> str:
    """The first few of some names, and how many more there are.

    >>> listing(list("abcdefgh"))
    'a, b, c, d, e and 3 more'
    """
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
