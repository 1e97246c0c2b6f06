"""A judge: which model, where, how it is told, and what it may cost."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import UsageError, unknown
from ..hosted.address import checked_address
from ..hosted.calling import Manner
from ..hosted.key import missing_key
from ..spec import Json
from ..store.fingerprint import fingerprint
from .costs import Prices
from .prompt import PROMPTS, Prompt

OURS = frozenset(
    {"messages", "model", "response_format", "stream", "n", "temperature", "max_completion_tokens"}
)
"""Fields of a request that `extra_body` cannot set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSettings:
    """A judge, any chat model behind an endpoint that speaks OpenAI's API.

    Raises:
        UsageError: a value cannot be used, or `max_cost` comes without a price.
    """

    model: str
    """As the endpoint calls it."""
    base_url: str
    model_id: str | None = None
    """What its answers are kept under: the same model behind another endpoint or name. `None`: `model`."""
    api_key_env: str | None = None
    """The environment variable that holds the key; without it none is sent."""
    prompt: str = "judge@1"
    temperature: float | None = 0.0
    """`None`: not sent, for models that take none."""
    max_output_tokens: int = 1000
    extra_body: Mapping[str, Json] = field(default_factory=dict)
    """Further fields of the request, as the endpoint documents them."""
    manner: Manner = field(default_factory=Manner)
    prices: Prices = field(default_factory=Prices)
    max_requests: int | None = None
    max_cost: float | None = None
    """In the currency of `prices`."""

    def __post_init__(self) -> None:
        if not self.model:
            raise UsageError("the judge's model is '', expected a name as the endpoint calls it")
        if self.prompt not in PROMPTS:
            raise UsageError(unknown("prompt", self.prompt, PROMPTS))
        try:
            object.__setattr__(self, "base_url", checked_address(self.base_url))
        except ValueError as error:
            raise UsageError(f"base_url: {error}") from error
        if taken := sorted(OURS.intersection(self.extra_body)):
            raise UsageError(f"extra_body sets {', '.join(taken)}, which asrdiag sets itself")
        if self.max_output_tokens < 1:
            raise UsageError(f"max_output_tokens is {self.max_output_tokens}, expected 1 or more")
        limit = self.extra_body.get("max_tokens", 1)  # the older name of max_completion_tokens
        if type(limit) is not int or not 1 <= limit <= self.max_output_tokens:
            raise UsageError(
                f"extra_body sets max_tokens to {limit!r}, expected a whole number up to max_output_tokens "
                f"({self.max_output_tokens}), for which money is set aside"
            )
        if self.max_cost is not None and not self.prices.known:
            raise UsageError(
                "max_cost without a price: give the price per request, or per million input and output tokens"
            )

    @property
    def told(self) -> Prompt:
        """The prompt itself."""
        return PROMPTS[self.prompt]

    def identity(self) -> dict[str, Json]:
        """All that answers depend on, as far as one can say: the endpoint and limits are no part of it."""
        return {
            "model": self.model_id or self.model,
            "prompt": self.prompt,
            "prompt_sha256": self.told.sha256,
            "temperature": self.temperature,
            "extra_body": dict(self.extra_body),
        }

    @property
    def id(self) -> str:
        """What its folder is called: readable, and another one for another identity.

        >>> JudgeSettings(model="Qwen/Qwen3-8B", base_url="http://127.0.0.1:8000/v1").id.rpartition("-")[0]
        'qwen-qwen3-8b.judge-1'
        """
        name = f"{self.model_id or self.model}.{self.prompt}".lower()
        return f"{re.sub(r'[^a-z0-9._]+', '-', name).strip('-.')[:80]}-{fingerprint(self.identity())[:8]}"

    def require_usable(self) -> None:
        """Raise what keeps this judge from being asked here.

        Raises:
            UsageError: httpx2 is missing, or the key.
        """
        try:
            import httpx2  # noqa: F401
        except ImportError as error:
            raise UsageError(
                f"a judge needs httpx2, which is not installed: pip install 'asrdiag[openai]' ({error})"
            ) from error
        if reason := missing_key(self.api_key_env):
            raise UsageError(reason)
