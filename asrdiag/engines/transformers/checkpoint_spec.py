"""What a suite says of a checkpoint, whatever runs it: the keys that the engines for local models share."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ...errors import SampleError, UsageError
from ...metrics import spoken_languages
from ...spec import Json
from ..base import EngineSpec
from ..silence import SILENCE_DBFS
from .checkpoint import Checkpoint, CheckpointName
from .families import FamilyFacts, Whether, family_named, family_of

CUT_WINDOW_S = 6.0

Tag = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]


class CheckpointSpec(EngineSpec):
    """A model of a known family, from the hub or a folder, and how it is asked."""

    model: CheckpointName
    revision: str | None = None
    """Branch, tag or commit on the hub."""
    family: str | None = None
    """Which family's way to prompt and to read the model; found from its `config.json` if not given."""
    adapter: CheckpointName | None = None
    """A PEFT adapter."""
    adapter_revision: str | None = None
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    """`auto` is what the checkpoint's `config.json` says, float32 if it says nothing."""
    language: Literal["auto", "from_clip"] | Tag = "auto"
    prompt: str | Mapping[Tag, str] | None = None
    """One for all clips, or one for each language of clips."""
    system_prompt: str | None = None
    max_new_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0)] = 0.0
    """0 takes the likeliest token; above, tokens are drawn."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    seed: int = 0
    longest_chunk_s: Annotated[float, Field(ge=10)] | None = None
    trust_remote_code: bool = False

    @model_validator(mode="after")
    def _nothing_idle(self) -> "CheckpointSpec":
        if self.top_p < 1 and self.temperature == 0:
            raise ValueError("top_p without a temperature above 0: nothing is drawn; drop it")
        return self

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.model, self.revision)

    @property
    def adapter_checkpoint(self) -> Checkpoint | None:
        return None if self.adapter is None else Checkpoint(self.adapter, self.adapter_revision)

    def facts(self) -> FamilyFacts:
        """The family, once it is certain that it takes this system's keys.

        Raises:
            UsageError: no family takes the model, or its family cannot do what a key asks for.
        """
        if self.family is not None:
            family = family_named(self.family)
        else:
            family = family_of(self.checkpoint.read("config.json"), self.model)
        told: Mapping[str, tuple[bool, Whether]] = {
            "language": (self.language != "auto", family.language),
            "prompt": (self.prompt is not None, family.prompt),
            "system_prompt": (self.system_prompt is not None, family.system_prompt),
        }
        for key, (given, whether) in told.items():
            if given and whether == "never":
                raise UsageError(f"system {self.id!r}: models of the family {family.name} take no `{key}`")
            if not given and whether == "must":
                extra = " (from_clip, or a tag such as en)" if key == "language" else ""
                raise UsageError(
                    f"system {self.id!r}: models of the family {family.name} need `{key}`{extra}"
                )
        return family

    def to_fetch(self) -> tuple[str, ...]:
        """Model and adapter, as far as the hub's cache on this machine does not have them."""
        named = filter(None, (self.checkpoint, self.adapter_checkpoint))
        return tuple(one.origin() for one in named if not one.is_here())

    def longest_s(self, family: FamilyFacts) -> float | None:
        """Longer clips are cut at pauses; `None`: they are not cut."""
        return self.longest_chunk_s or family.longest_s

    def resolved_dtype(self) -> str:
        """The number format that the weights are loaded in."""
        if self.dtype != "auto":
            return self.dtype
        config = self.checkpoint.read("config.json")
        parts = (config, config.get("text_config") or {}, config.get("thinker_config") or {})
        named = (part.get("dtype") or part.get("torch_dtype") for part in parts)
        return next((str(name) for name in named if name), "float32")

    def identity(self) -> dict[str, Json]:
        """Model, adapter, resolved versions and all that shapes the decoding.

        The version of the library that runs it is left out: an update would otherwise set aside every
        finished cell.

        Raises:
            UsageError: the checkpoint cannot be found, or its family cannot do what a key asks for.
        """
        family = self.facts()
        adapter = self.adapter_checkpoint
        return {
            "model": _short(self.checkpoint),
            "revision": self.checkpoint.resolved("config.json"),
            "family": family.name,
            "adapter": None
            if adapter is None
            else {"model": _short(adapter), "revision": adapter.resolved("adapter_config.json")},
            "dtype": self.resolved_dtype(),
            "language": self.language,
            "prompt": self.prompt
            if self.prompt is None or isinstance(self.prompt, str)
            else dict(self.prompt),
            "system_prompt": self.system_prompt,
            "trust_remote_code": self.trust_remote_code,
            "decoding": self.decoding(family),
        }

    def decoding(self, family: FamilyFacts) -> dict[str, Json]:
        """How tokens are chosen and clips are cut."""
        strategy: dict[str, Json] = {"strategy": "greedy"}
        if self.temperature > 0:
            strategy = {
                "strategy": "sample",
                "temperature": self.temperature,
                "top_p": self.top_p,
                "seed": self.seed,
            }
        return strategy | {
            "max_new_tokens": self.max_new_tokens,
            "longest_chunk_s": self.longest_s(family),
            "cut_window_s": CUT_WINDOW_S,
            "silence_dbfs": SILENCE_DBFS,
        }

    def language_of(self, clip_language: str) -> str | None:
        """The primary tag that the model is told for a clip; `None`: it is not told.

        Of a clip that switches languages the first one counts.
        """
        if self.language == "auto":
            return None
        return spoken_languages(clip_language)[0] if self.language == "from_clip" else self.language

    def prompt_of(self, clip_language: str) -> str | None:
        """The prompt for a clip in this language.

        Raises:
            SampleError: prompts are given by language, and not for this one.
        """
        if self.prompt is None or isinstance(self.prompt, str):
            return self.prompt
        spoken = spoken_languages(clip_language)[0]
        if spoken not in self.prompt:
            known = ", ".join(self.prompt)
            raise SampleError(f"found the language {clip_language!r}; {self.id} has prompts for: {known}")
        return self.prompt[spoken]


def _short(checkpoint: Checkpoint) -> str:
    # A folder's own name: moved elsewhere it is the same model, which its digest vouches for.
    return checkpoint.name if checkpoint.folder is None else checkpoint.folder.name
