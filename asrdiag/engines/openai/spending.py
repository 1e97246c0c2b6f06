"""Requests, tokens and money: what answers cost, and when to stop."""

from dataclasses import dataclass, field

from ...hosted.sending import Trouble
from ...hosted.usage import Usage
from ...spec import Json


@dataclass(frozen=True, slots=True)
class Prices:
    """What an endpoint charges, in any one currency; `None`: nothing of the kind."""

    per_minute: float | None = None
    per_million_input_tokens: float | None = None
    per_million_audio_tokens: float | None = None
    """Of the input; `None`: as other input."""
    per_million_output_tokens: float | None = None

    @property
    def known(self) -> bool:
        return any(
            price is not None
            for price in (self.per_minute, self.per_million_input_tokens, self.per_million_output_tokens)
        )

    def cost(self, usage: Usage, duration_s: float) -> float | None:
        """What an answer costs; `None` if no price is set, or one for which the answer says no amount.

        Args:
            usage: what the answer says.
            duration_s: the clip's length, which counts where the answer says no seconds.

        >>> prices = Prices(per_million_input_tokens=2.0, per_million_output_tokens=10.0)
        >>> prices.cost(Usage(input_tokens=1000, output_tokens=50), 4.0)  # 0.002 + 0.0005
        0.0025
        >>> Prices(per_minute=0.006).cost(Usage(), 30.0)
        0.003
        """
        if not self.known:
            return None
        cost = 0.0
        if self.per_minute is not None:
            cost += self.per_minute * (duration_s if usage.seconds is None else usage.seconds) / 60
        if self.per_million_input_tokens is not None:
            if usage.input_tokens is None:
                return None
            audio = min(usage.audio_tokens or 0, usage.input_tokens)
            audio_price = self.per_million_audio_tokens
            if audio_price is None:
                audio_price = self.per_million_input_tokens
            cost += self.per_million_input_tokens * (usage.input_tokens - audio) / 1e6
            cost += audio_price * audio / 1e6
        if self.per_million_output_tokens is not None:
            if usage.output_tokens is None:
                return None
            cost += self.per_million_output_tokens * usage.output_tokens / 1e6
        return round(cost, 9)


@dataclass(slots=True)
class Spending:
    """What was spent since the recogniser was opened, against what may be."""

    max_requests: int | None
    max_cost: float | None
    requests: int = 0
    cost: float = 0.0
    unpriced: int = 0
    """Answers that said too little to know their cost."""
    amounts: dict[str, float] = field(default_factory=dict)
    """What answers said of their usage, added up; by the names of `Usage`."""

    def refusal(self) -> str:
        """Why no further request may be sent; empty if one may."""
        if self.max_requests is not None and self.requests >= self.max_requests:
            return f"since {self.requests} requests are all that max_requests allows"
        if self.max_cost is not None and self.unpriced:
            return "since max_cost cannot be kept: an answer did not say what the set prices are for"
        if self.max_cost is not None and self.cost >= self.max_cost:
            return f"since answers cost {self.cost:g} and max_cost is {self.max_cost:g}"
        return ""

    async def admit(self) -> str:
        """Count a request that is sent at once; or why it may not be."""
        if not (reason := self.refusal()):
            self.requests += 1
        return reason

    def unanswered(self, trouble: Trouble) -> None:
        """Of a request without an answer nothing is known but that it was sent."""

    def add(self, usage: Usage, cost: float | None) -> None:
        """Count an answer; `cost`: `None` if it is not known."""
        for name, amount in usage.as_details().items():
            self.amounts[name] = self.amounts.get(name, 0) + amount
        if cost is None:
            self.unpriced += 1
        else:
            self.cost += cost

    def as_record(self, *, priced: bool) -> dict[str, Json]:
        """Requests sent, and what the answers said that they took; with prices, what that costs.

        >>> spending = Spending(max_requests=None, max_cost=None, requests=3)
        >>> spending.add(Usage(input_tokens=90, output_tokens=10), 0.0002)
        >>> spending.add(Usage(), None)
        >>> spending.as_record(priced=True)
        {'requests': 3, 'input_tokens': 90, 'output_tokens': 10, 'cost': 0.0002, 'answers_without_cost': 1}
        """
        record: dict[str, Json] = {"requests": self.requests, **self.amounts}
        if priced:
            record |= {"cost": round(self.cost, 9), "answers_without_cost": self.unpriced}
        return record
