"""What a suite says of a checkpoint, whatever runs it: the keys that the engines for local models share."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ...errors import UsageError
from ...routing.config import CONFIG, RouterConfig, read_config
from ...spec import Json
from ..base import EngineSpec
from ..silence import SILENCE_DBFS
from ..telling import told_language, told_prompt
from .checkpoint import Checkpoint, CheckpointName
from .families import FamilyFacts, Whether, family_named, family_of
from .remote_code import code_elsewhere
from .spoken import spoken

CUT_WINDOW_S = 6.0
OLDEST_TRANSFORMERS = "5.15.1"
"""Before it, Qwen3-ASR was told the language in another way."""

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
    router: CheckpointName | None = None
    """Decides for each clip whether the adapter is used."""
    router_revision: str | None = None
    router_threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    """The p(degraded) from which it is; `None`: as the router's configuration says."""
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
    code_revision: str | None = None
    """Of the repository that this code is in, where the checkpoint names another one."""
    languages: Annotated[tuple[Tag, ...], Field(min_length=1)] | None = None
    """Those that the model knows, where its files and its family do not tell."""

    @model_validator(mode="after")
    def _nothing_idle(self) -> "CheckpointSpec":
        if self.code_revision is not None and not self.trust_remote_code:
            raise ValueError("code_revision without trust_remote_code: no code is run; drop it")
        if self.router is not None and self.adapter is None:
            raise ValueError("router without an adapter: it decides when that is used; name one as `adapter`")
        for key in ("router_revision", "router_threshold"):
            if self.router is None and getattr(self, key) is not None:
                raise ValueError(f"{key} without a router: nothing is routed; drop it")
        if self.top_p < 1 and self.temperature == 0:
            raise ValueError("top_p without a temperature above 0: nothing is drawn; drop it")
        return self

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.model, self.revision)

    @property
    def adapter_checkpoint(self) -> Checkpoint | None:
        return None if self.adapter is None else Checkpoint(self.adapter, self.adapter_revision)

    @property
    def router_checkpoint(self) -> Checkpoint | None:
        return None if self.router is None else Checkpoint(self.router, self.router_revision)

    def threshold(self) -> float:
        """The p(degraded) from which the adapter is used.

        Raises:
            UsageError: there is no router, or its configuration cannot be read.
        """
        if self.router_threshold is not None:
            return self.router_threshold
        return self._router_config().threshold

    def _router_config(self) -> RouterConfig:
        checkpoint = self.router_checkpoint
        if checkpoint is None:
            raise UsageError(f"system {self.id!r} has no router")
        checkpoint.read(CONFIG)  # says what is missing, and fetches what is on the hub
        return read_config(checkpoint.fetched(CONFIG))

    def _named(self) -> Iterator[Checkpoint]:
        """The checkpoints that it consists of."""
        yield from filter(None, (self.checkpoint, self.adapter_checkpoint, self.router_checkpoint))

    def facts(self) -> FamilyFacts:
        """The family, once it is certain that it takes this system's keys.

        Raises:
            UsageError: no family takes the model, or its family cannot do what a key asks for.
        """
        family = self._family_found() if self.family is None else family_named(self.family)
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

    def _family_found(self) -> FamilyFacts:
        return family_of(self.checkpoint.read("config.json"), self.model)

    def unavailable(self) -> str | None:
        """Why this system cannot run here: a package is missing, or a folder that it names."""
        if reason := self.lacks():
            return reason
        return next((reason for one in self._named() if (reason := one.missing())), None)

    def to_fetch(self) -> tuple[str, ...]:
        """Model, adapter and router, as far as the hub's cache on this machine does not have them."""
        return tuple(one.origin() for one in self._named() if not one.is_here())

    def longest_s(self, family: FamilyFacts) -> float | None:
        """Longer clips are cut at pauses; `None`: they are not cut."""
        return self.longest_chunk_s or family.longest_s

    def resolved_dtype(self) -> str:
        """The number format that the weights are loaded in."""
        if self.dtype != "auto":
            return self.dtype
        config = self.checkpoint.read("config.json")
        thinker = config.get("thinker_config") or {}
        parts = (config, config.get("text_config") or {}, thinker, thinker.get("text_config") or {})
        named = (part.get("dtype") or part.get("torch_dtype") for part in parts)
        return next((str(name) for name in named if name), "float32")

    def identity(self) -> dict[str, Json]:
        """Model, adapter, router, resolved versions and all that shapes the decoding.

        The version of the library that runs it is left out: an update would otherwise set aside every
        finished cell.

        Raises:
            UsageError: the checkpoint cannot be found, or its family cannot do what a key asks for.
        """
        family = self.facts()
        adapter, code = self.adapter_checkpoint, self.code_elsewhere()
        return {
            "model": _short(self.checkpoint),
            "revision": self.checkpoint.resolved("config.json"),
            "family": family.name,
            "adapter": None
            if adapter is None
            else {"model": _short(adapter), "revision": adapter.resolved("adapter_config.json")},
            **self._identity_of_router(),
            "dtype": self.resolved_dtype(),
            "language": self.language,
            "prompt": self.prompt
            if self.prompt is None or isinstance(self.prompt, str)
            else dict(self.prompt),
            "system_prompt": self.system_prompt,
            "code": None if code is None else {"model": code.name, "revision": code.revision},
            "decoding": self.decoding(family),
        }

    def _identity_of_router(self) -> dict[str, Json]:
        checkpoint = self.router_checkpoint
        if checkpoint is None:
            return {}
        self._router_config()  # a router that cannot be used is refused before anything is run
        version = checkpoint.resolved(CONFIG)
        return {"router": {"model": _short(checkpoint), "revision": version, "threshold": self.threshold()}}

    def pinned(self) -> Self:
        """This system with the commits that its branches stand for; folders stay folders.

        Raises:
            UsageError: the checkpoint cannot be found.
        """
        commits: dict[str, str] = {}
        if self.checkpoint.folder is None:
            commits["revision"] = self.checkpoint.resolved("config.json")
        adapter = self.adapter_checkpoint
        if adapter is not None and adapter.folder is None:
            commits["adapter_revision"] = adapter.resolved("adapter_config.json")
        router = self.router_checkpoint
        if router is not None and router.folder is None:
            commits["router_revision"] = router.resolved(CONFIG)
        if code := self.code_elsewhere():
            commits["code_revision"] = code.revision or ""
        return self.model_copy(update=commits)

    def code_elsewhere(self) -> Checkpoint | None:
        """The other repository that trusted code is in, at its commit; `None`: none is, or it is not trusted.

        Raises:
            UsageError: it cannot be found, or there is code in several places.
        """
        if not self.trust_remote_code:
            return None
        found = code_elsewhere(self.checkpoint, self.code_revision)
        if found is not None:
            place, file = found
            return Checkpoint(place.name, place.resolved(file))
        if self.code_revision is not None:
            raise UsageError(f"system {self.id!r}: `code_revision`, but {self.model} names no code elsewhere")
        return None

    def known_languages(self) -> tuple[str, ...] | None:
        """As the system says; otherwise as far as the family or the checkpoint's files tell."""
        return self.languages or spoken(self.checkpoint, self.family)

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
            "max_new_tokens": self.max_new_tokens or family.limit,
            "longest_chunk_s": self.longest_s(family),
            "cut_window_s": CUT_WINDOW_S,
            "silence_dbfs": SILENCE_DBFS,
        }

    def language_of(self, clip_language: str) -> str | None:
        """The primary tag that the model is told for a clip; `None`: it is not told.

        Of a clip that switches languages the first one counts.
        """
        return told_language(self.language, clip_language)

    def prompt_of(self, clip_language: str) -> str | None:
        """The prompt for a clip in this language.

        Raises:
            SampleError: prompts are given by language, and not for this one.
        """
        return told_prompt(self.prompt, clip_language, self.id)


def _short(checkpoint: Checkpoint) -> str:
    # A folder's own name: moved elsewhere it is the same model, which its digest vouches for.
    return checkpoint.name if checkpoint.folder is None else checkpoint.folder.name
