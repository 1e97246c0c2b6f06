"""What is known of each family of models without loading one; what it does is in the module it names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ....errors import UsageError, unknown

Whether = Literal["never", "may", "must"]


@dataclass(frozen=True, slots=True)
class FamilyFacts:
    """A family of models that are prompted, batched and read in the same way."""

    name: str
    implementation: str
    """`module:class` inside this folder."""
    model_types: tuple[str, ...]
    """`model_type` of the `config.json` files that belong to it."""
    language: Whether
    """Whether such a model can be told which language it hears."""
    prompt: Whether
    system_prompt: Whether = "never"
    words: bool = False
    """Whether it can say when each word was spoken."""
    generates: bool = True
    """Whether it writes token by token, so that beams, sampling and a limit mean something."""
    longest_s: float | None = 30.0
    """Longer clips are cut at pauses; `None` leaves them to the model's own way with long audio."""
    limit: str | None = "10/s + 32"
    """The rule for the most tokens where the system says nothing; `None` where nothing is generated."""
    since: str = ""
    """The oldest transformers that has it, if that is younger than what the engine needs."""
    needs: Mapping[str, str] = field(default_factory=dict)
    """Further modules that its processor imports, with the packages that carry them."""


OF_MOONSHINE = "min(6.5/s + 8, positions - 1)"

FAMILIES = (
    FamilyFacts(
        "whisper",
        "whisper:Whisper",
        ("whisper",),
        "may",
        "may",
        words=True,
        longest_s=None,
        limit="positions/2 a window",
    ),
    FamilyFacts(
        "moonshine",
        "moonshine:Moonshine",
        ("moonshine",),
        "never",
        "never",
        longest_s=24.0,
        limit=OF_MOONSHINE,
    ),
    FamilyFacts(
        "moonshine-streaming",
        "moonshine:MoonshineStreaming",
        ("moonshine_streaming",),
        "never",
        "never",
        longest_s=24.0,
        limit=OF_MOONSHINE,
    ),
    FamilyFacts("qwen3-asr", "qwen3_asr:Qwen3Asr", ("qwen3_asr",), "may", "may", longest_s=1200.0),
    FamilyFacts(
        "ctc",
        "ctc:Ctc",
        (
            "data2vec-audio",
            "hubert",
            "sew",
            "sew-d",
            "unispeech",
            "unispeech-sat",
            "wav2vec2",
            "wav2vec2-bert",
            "wav2vec2-conformer",
            "wavlm",
        ),
        "never",
        "never",
        words=True,
        generates=False,
        limit=None,
    ),
    FamilyFacts(
        "parakeet-ctc",
        "parakeet:ParakeetCtc",
        ("parakeet_ctc",),
        "never",
        "never",
        words=True,
        generates=False,
        limit=None,
        longest_s=120.0,
    ),
    FamilyFacts(
        "parakeet-transducer",
        "parakeet:ParakeetTransducer",
        ("parakeet_tdt", "parakeet_rnnt"),
        "never",
        "never",
        words=True,
        generates=False,
        limit=None,
        longest_s=120.0,
    ),
    FamilyFacts("canary", "canary:Canary", ("canary",), "must", "never", since="5.17"),
    FamilyFacts(
        "voxtral",
        "voxtral:Voxtral",
        ("voxtral",),
        "may",
        "never",
        longest_s=1200.0,
        needs={"mistral_common": "mistral-common[audio]"},
    ),
    FamilyFacts(
        "qwen2.5-omni",
        "qwen2_5_omni:Qwen25Omni",
        ("qwen2_5_omni", "qwen2_5_omni_thinker"),
        "never",
        "must",
        "may",
        needs={"torchvision": "torchvision", "PIL": "pillow"},
    ),
    FamilyFacts(
        "granite-speech",
        "granite_speech:GraniteSpeech",
        ("granite_speech",),
        "never",
        "must",
        "may",
        needs={"torchaudio": "torchaudio", "peft": "peft"},
    ),
)


def family_named(name: str) -> FamilyFacts:
    """The family with this name.

    Raises:
        UsageError: there is none; the message lists the known ones.
    """
    found = {family.name: family for family in FAMILIES}
    if name not in found:
        raise UsageError(unknown("family of models", name, found))
    return found[name]


def family_of(config: Mapping[str, Any], where: str) -> FamilyFacts:
    """The family that a checkpoint belongs to.

    Args:
        config: its `config.json`.
        where: what the message calls it.

    Raises:
        UsageError: its `model_type` is missing or belongs to none; the message lists the known ones.

    >>> family_of({"model_type": "wavlm"}, "microsoft/wavlm-base").name
    'ctc'
    """
    model_type = config.get("model_type")
    if model_type == "qwen3_asr" and "thinker_config" in config:
        raise UsageError(
            f"{where}: found Qwen3-ASR in its makers' layout, which transformers cannot load; "
            "`asrdiag models import` writes it as transformers has it, and Qwen/Qwen3-ASR-1.7B-hf has it so"
        )
    for family in FAMILIES:
        if model_type in family.model_types:
            return family
    known = "; ".join(f"{family.name} ({', '.join(family.model_types)})" for family in FAMILIES)
    raise UsageError(
        f"{where}: found model_type {model_type!r}, which no family takes; known families (model types): "
        f"{known}. One of them can be named with `family:`"
    )
