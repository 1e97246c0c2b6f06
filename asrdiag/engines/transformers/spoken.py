"""Which languages a model knows, where that can be told without loading it."""

import re
from functools import lru_cache

from .checkpoint import Checkpoint
from .families import family_of

ENGLISH = ("en",)
EUROPEAN = (
    *("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hr", "hu", "it"),
    *("lt", "lv", "mt", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "uk"),
)
"""The 25 of Canary 1B v2 and of Parakeet TDT 0.6B v3, by their model cards."""
PARAKEETS = {
    r"parakeet-(ctc|rnnt|tdt|tdt_ctc)-(110m|0\.6b|1\.1b)(-v2)?": ENGLISH,
    r"parakeet-tdt-0\.6b-v3": EUROPEAN,
}
"""The makers' releases, by name; others are not known."""


@lru_cache(maxsize=100)
def spoken(checkpoint: Checkpoint, family: str | None = None) -> tuple[str, ...] | None:
    """Primary language tags; `None`: many, or nothing tells.

    Looked up once a process.

    Moonshine is English, but for releases whose names end in another tag (`moonshine-tiny-ko`); Whisper is
    where its `generation_config.json` says that it is not multilingual.

    Args:
        family: its name; `None`: as `config.json` says.

    Raises:
        UsageError: the checkpoint cannot be found.
    """
    family = family or family_of(checkpoint.read("config.json"), checkpoint.name).name
    name = checkpoint.name.rpartition("/")[2].lower()
    if family in ("moonshine", "moonshine-streaming"):
        tagged = re.search(r"moonshine-.*-(ar|es|ja|ko|uk|vi|zh)$", name)
        return (tagged[1],) if tagged else ENGLISH
    if family == "canary":
        return EUROPEAN
    if family.startswith("parakeet"):
        return next((known for pattern, known in PARAKEETS.items() if re.fullmatch(pattern, name)), None)
    if family == "whisper":
        multilingual = checkpoint.read_if_there("generation_config.json").get("is_multilingual")
        return ENGLISH if multilingual is False else None
    return None
