"""The clip as it was recorded: the baseline, and all that corpora of real recordings need."""

from dataclasses import dataclass
from typing import Literal

from ..spec import Json
from .base import Condition, ConditionSpec, Degraded, Samples, Source


@dataclass(frozen=True)
class AsRecorded(Condition):
    """Changes nothing."""

    id: str
    base_id: str
    kind: str = "as_recorded"

    def identity(self) -> dict[str, Json]:
        return {"kind": self.kind}

    def apply(self, samples: Samples, sample_rate_hz: int, source: Source) -> Degraded:
        return Degraded(samples, {"kind": self.kind})

    def keeps_audio(self) -> bool:
        return True


class AsRecordedSpec(ConditionSpec):
    """Leaves the clip as it is: the baseline, and all that recordings from adverse places need."""

    kind: Literal["as_recorded"]

    def expand(self) -> tuple[Condition, ...]:
        return (AsRecorded(self.id, self.id),)
