"""How each family of models is trained: what its parts are called, and how rows become batches.

Nothing here imports torch before a model is opened.
"""

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from asrdiag.errors import UsageError

if TYPE_CHECKING:
    from asrdiag.engines.transformers.families.base import Family

    from .base import TrainedFamily

TRAINED: Mapping[str, str] = {
    "whisper": "whisper:Whisper",
    "moonshine": "moonshine:Moonshine",
    "qwen3-asr": "qwen3_asr:Qwen3Asr",
    "qwen2.5-omni": "chat:Chat",
    "voxtral": "voxtral:Voxtral",
    "granite-speech": "chat:Chat",
}
"""By the engine's family, `module:class` inside this folder."""


def trained(family: "Family") -> "TrainedFamily":
    """A loaded model, seen by a trainer.

    Raises:
        UsageError: models of its family are not trained here; the message lists those that are.
    """
    name = family.spec.facts().name
    if name not in TRAINED:
        raise UsageError(
            f"{family.spec.model}: models of the family {name} are not trained here; expected one of: "
            f"{', '.join(TRAINED)}"
        )
    module, _, found = TRAINED[name].partition(":")
    made: type[TrainedFamily] = getattr(importlib.import_module(f"{__package__}.{module}"), found)
    return made(family)
