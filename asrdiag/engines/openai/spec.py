"""An endpoint as a suite names it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, JsonValue, model_validator

from ...errors import UsageError
from ...hosted.address import checked_address
from ...hosted.calling import Manner
from ...hosted.key import missing_key, read_key
from ...spec import Json
from ..base import EngineSpec, Package
from .spending import Prices

if TYPE_CHECKING:
    from .recognizer import OpenAIRecognizer

OURS = frozenset({"file", "messages", "model", "response_format", "stream", "timestamp_granularities"})
"""Fields of a request that `extra_body` cannot set, since the answer could no longer be read as expected."""


def _tag(language: str) -> str:
    if language in ("auto", "from_clip") or (
        language.isascii() and language.isalpha() and language.islower()
    ):
        return language
    raise ValueError(f"found {language!r}, expected auto, from_clip or a tag such as en")


Positive = Annotated[float, Field(gt=0)]
Price = Annotated[float, Field(ge=0)]


class OpenAISpec(EngineSpec):
    """Any endpoint that speaks OpenAI's API: transcriptions, or chat with audio."""

    cpu_only: ClassVar[bool] = True
    most_workers: ClassVar[int | None] = 1
    """Its limits hold only if one process sends all requests."""

    requires: ClassVar[tuple[Package, ...]] = (Package("httpx2", "httpx2"),)
    install: ClassVar[str] = "pip install 'asrdiag[openai]'"

    engine: Literal["openai"]
    model: Annotated[str, Field(min_length=1)]
    base_url: Annotated[str, AfterValidator(checked_address)] = "https://api.openai.com/v1"
    api: Literal["transcriptions", "chat"] = "transcriptions"
    api_key_env: Annotated[str, Field(min_length=1)] | None = None
    """The environment variable that holds the key; without it none is sent."""
    language: Annotated[str, AfterValidator(_tag)] = "auto"
    prompt: str | Mapping[str, str] | None = None
    """One for all clips, or one for each language of clips."""
    system_prompt: str | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = 0.0
    """`None`: not sent, for models that do not take one."""
    max_output_tokens: Annotated[int, Field(ge=1)] | None = None
    """Sent as `max_completion_tokens`; of OpenAI's two APIs only chat has that field, vLLM's server both."""
    timestamps: Literal["none", "segments", "words"] = "none"
    extra_body: Mapping[str, JsonValue] = Field(default_factory=dict)
    """Further fields of the request, as the endpoint documents them."""

    concurrency: Annotated[int, Field(ge=1, le=1000)] = 8
    requests_per_minute: Positive | None = None
    timeout_s: Positive = 120.0
    retries: Annotated[int, Field(ge=0, le=100)] = 5
    backoff_s: Positive = 1.0
    longest_wait_s: Positive = 120.0
    max_requests: Annotated[int, Field(ge=1)] | None = None
    max_cost: Positive | None = None
    price_per_minute: Price | None = None
    price_per_million_input_tokens: Price | None = None
    price_per_million_audio_tokens: Price | None = None
    price_per_million_output_tokens: Price | None = None

    @model_validator(mode="after")
    def _one_api(self) -> "OpenAISpec":
        if self.api == "chat":
            if not self.prompt:
                raise ValueError(
                    "the key 'prompt' is missing: with api: chat it says what to do with the audio"
                )
            if self.language != "auto":
                raise ValueError(
                    "language with api: chat: there is no such field; say it in the prompt, or give a prompt "
                    "for each language (prompt: {en: ..., zh: ...})"
                )
            if self.timestamps != "none":
                raise ValueError("timestamps with api: chat: its answers have none")
        elif self.system_prompt is not None:
            raise ValueError("system_prompt with api: transcriptions: there is no such field; drop it")
        if taken := sorted(OURS.intersection(self.extra_body)):
            raise ValueError(f"extra_body sets {', '.join(taken)}, which asrdiag sets itself")
        return self

    @model_validator(mode="after")
    def _priced(self) -> "OpenAISpec":
        if self.max_cost is not None and not self.prices.known:
            raise ValueError(
                "max_cost without a price: set price_per_minute or price_per_million_input_tokens"
            )
        if self.price_per_million_audio_tokens is not None and self.price_per_million_input_tokens is None:
            raise ValueError("price_per_million_audio_tokens without price_per_million_input_tokens")
        return self

    @property
    def prices(self) -> Prices:
        return Prices(
            per_minute=self.price_per_minute,
            per_million_input_tokens=self.price_per_million_input_tokens,
            per_million_audio_tokens=self.price_per_million_audio_tokens,
            per_million_output_tokens=self.price_per_million_output_tokens,
        )

    @property
    def manner(self) -> Manner:
        return Manner(
            concurrency=self.concurrency,
            requests_per_minute=self.requests_per_minute,
            timeout_s=self.timeout_s,
            retries=self.retries,
            backoff_s=self.backoff_s,
            longest_wait_s=self.longest_wait_s,
        )

    def callers(self) -> int:
        """Twice as many as requests at a time: those that wait for another try leave room for others."""
        return 2 * self.concurrency

    def identity(self) -> dict[str, Json]:
        """The endpoint, the model's name and all of a request but the audio.

        What stands behind the name is the provider's to change, and no revision says so. Limits, prices, the
        key's variable and how often a request is tried are no part of what a system is.
        """
        return {
            "model": self.model,
            "revision": None,
            "endpoint": self.base_url,
            "api": self.api,
            "language": self.language,
            "prompt": dict(self.prompt) if isinstance(self.prompt, Mapping) else self.prompt,
            "system_prompt": self.system_prompt,
            "decoding": {
                "temperature": self.temperature,
                "max_output_tokens": self.max_output_tokens,
                "timestamps": self.timestamps,
                "extra_body": dict(self.extra_body),
            },
        }

    def unavailable(self) -> str | None:
        return self.lacks() or missing_key(self.api_key_env)

    @classmethod
    def device_kinds(cls) -> tuple[str, ...]:
        """None: the endpoint computes."""
        return ()

    def open(self, device: str) -> "OpenAIRecognizer":
        """Make a client; nothing is sent yet.

        Raises:
            UsageError: httpx2 or the key is missing.
        """
        if reason := self.unavailable():
            raise UsageError(f"{self.id}: {reason}")
        from .recognizer import OpenAIRecognizer

        return OpenAIRecognizer(self, read_key(self.api_key_env))
