"""Python that a checkpoint's configuration names, and where it is kept (`trust_remote_code`)."""

from collections.abc import Iterator
from typing import Any

from ...errors import UsageError
from .checkpoint import Checkpoint

NAMING_CODE = ("config.json", "preprocessor_config.json", "processor_config.json", "tokenizer_config.json")


def code_elsewhere(checkpoint: Checkpoint, revision: str | None = None) -> tuple[Checkpoint, str] | None:
    """The other repository that the code is in, and one of its files.

    transformers writes such a reference as `owner/name--module.Class`. What is not in another repository has
    the version of the checkpoint itself.

    Args:
        revision: which version of that repository; `None`: the newest.

    Returns:
        `None` where all the code is the checkpoint's own, or there is none.

    Raises:
        UsageError: there is code in several places, of which one revision can pin only one.
    """
    places: dict[str, str] = {}
    for file in NAMING_CODE:
        for reference in _references(checkpoint.read_if_there(file).get("auto_map")):
            place, _, name = reference.rpartition("--")
            places[place or checkpoint.repository] = name.partition(".")[0] + ".py"
    if not places.keys() - {checkpoint.repository}:
        return None
    if len(places) > 1:
        raise UsageError(
            f"{checkpoint.name}: its configuration names code in {', '.join(sorted(places))}; expected code "
            "in one place, as only one revision can be pinned"
        )
    [(place, file)] = places.items()
    return Checkpoint(place, revision), file


def _references(auto_map: Any) -> Iterator[str]:
    for named in (auto_map or {}).values():
        yield from (one for one in (named if isinstance(named, list) else [named]) if one)
