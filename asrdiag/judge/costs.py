"""What a request may cost at worst, what it cost, and what it will probably cost."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..hosted.usage import Usage

_TEMPLATE_TOKENS = 100
"""What a chat's template adds around its messages, and the endpoint around the schema."""
_TYPICAL_ANSWER_TOKENS = 120


@dataclass(frozen=True, slots=True)
class Prices:
    """What an endpoint charges, in any one currency; `None`: nothing of the kind."""

    per_request: float | None = None
    per_million_input_tokens: float | None = None
    per_million_output_tokens: float | None = None

    @property
    def known(self) -> bool:
        return any(
            price is not None
            for price in (self.per_request, self.per_million_input_tokens, self.per_million_output_tokens)
        )

    def of(self, input_tokens: float, output_tokens: float) -> float:
        """What a request with so many tokens costs.

        >>> Prices(0.001, 2.0, 8.0).of(1000, 100)  # 0.001 + 0.002 + 0.0008
        0.0038
        """
        tokens = (self.per_million_input_tokens or 0.0) * input_tokens
        tokens += (self.per_million_output_tokens or 0.0) * output_tokens
        return round((self.per_request or 0.0) + tokens / 1e6, 9)

    def of_several(self, requests: int, input_tokens: float, output_tokens: float) -> float | None:
        """What several requests cost that have so many tokens together; `None` if no price is known."""
        if not self.known:
            return None
        return self.of(input_tokens, output_tokens) + (self.per_request or 0.0) * (requests - 1)


def most_input_tokens(body: Mapping[str, Any]) -> int:
    """More tokens than a request can have: its bytes as JSON, for no token is less than one."""
    return len(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")) + _TEMPLATE_TOKENS


def likely_input_tokens(body: Mapping[str, Any]) -> int:
    """About as many tokens as a request has: four letters of ASCII to a token, and every other letter one."""
    text = json.dumps(body, ensure_ascii=False)
    others = sum(sign > "\x7f" for sign in text)
    return (len(text) - others) // 4 + others + _TEMPLATE_TOKENS // 4


def likely_output_tokens(answers: int, tokens: int) -> float:
    """About as many tokens as an answer has: the mean of those seen, if there are any."""
    return tokens / answers if answers else float(_TYPICAL_ANSWER_TOKENS)


def settled_cost(prices: Prices, usage: Usage, worst: float, *, said_something: bool) -> float:
    """What an answer cost, by what it says of its usage.

    Where it does not say, or says what cannot be (nothing was read, or nothing written though there is a
    text), the worst counts. More than the worst is believed.
    """
    read, written = usage.input_tokens, usage.output_tokens
    needs_read = prices.per_million_input_tokens is not None
    needs_written = prices.per_million_output_tokens is not None
    if (needs_read and not read) or (needs_written and (written is None or (said_something and not written))):
        return worst
    return prices.of(read or 0, written or 0)
