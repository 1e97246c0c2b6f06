"""A scenario as a condition: at one severity, or at one drawn for each clip."""

from dataclasses import dataclass

from ..blocks import A
from ..spec import Json
from .base import Condition, Degraded, Samples, Source
from .chain import Merge, chain_of
from .degradation import DEFAULT_NOISE, VERSION, degrade_from
from .noise import NoiseSource
from .scenarios import SCENARIOS, Scenario
from .seeding import draws
from .severity import MAPPINGS, MappingName
from .steps import Record, RoomSource
from .vary import Vary, value_at, values_at


@dataclass(frozen=True)
class ScenarioCondition(Condition):
    """Degrades a clip as a scenario does, at one severity or at one drawn for the clip."""

    id: str
    base_id: str
    scenario: str
    """A name from `SCENARIOS`."""
    severity: float | None
    """`None`: drawn for each clip."""
    mapping: MappingName | None = None
    """How it is drawn then."""
    merge: Merge = "standard"
    noise: NoiseSource = DEFAULT_NOISE
    room: RoomSource | None = None
    vary: Vary | None = None
    """The only parameter that follows severity, where not all do; `severity` is given then."""
    kind: str = "scenario"

    def identity(self) -> dict[str, Json]:
        chain = chain_of(self._scenario, self.merge)
        ends = (0.0, 1.0) if self.severity is None else (self.severity,)
        found: dict[str, Json] = {
            "kind": self.kind,
            "version": VERSION,
            "base_id": self.base_id,
            "scenario": self.scenario,
            "severity": self.severity if self.mapping is None else self.mapping,
            "merge": self.merge,
            "steps": [
                {
                    "primitive": link.step.primitive,
                    **values_at(link, self._scenario.ranges, end, self.vary),
                }
                for end in ends
                for link in chain
            ],
        }
        if self.vary is not None:
            assert self.severity is not None
            found["vary"] = {
                "parameter": self.vary.parameter,
                "value": value_at(self._scenario, self.merge, self.severity, self.vary),
                "rest": self.vary.rest,
            }
        if has_background(self._scenario):
            found["noise"] = self.noise.identity()
        if has_room(self._scenario):
            found["room"] = self.room.identity() if self.room else None
        return found

    def draws_on_pool(self) -> bool:
        return has_background(self._scenario) and self.noise.draws_on_pool()

    def apply(self, samples: Samples, sample_rate_hz: int, source: Source) -> Degraded:
        return Degraded(*self.degraded(samples, sample_rate_hz, source))

    def degraded(self, samples: A, sample_rate_hz: int, source: Source) -> tuple[A, Record]:
        """What `apply` does, to a clip of any length: of an `AudioFile` comes another, block by block."""
        drawn: dict[str, Json] = {}
        severity = self.severity
        if severity is None:
            assert self.mapping is not None
            rng = draws(source.seed, source.utterance.sample_id, self.base_id, "severity")
            x = float(rng.random_sample())
            severity = MAPPINGS[self.mapping](x)
            drawn = {"severity_mapping": self.mapping, "severity_draw": x}
        heard, record = degrade_from(
            samples,
            sample_rate_hz,
            self._scenario,
            severity,
            source,
            base_id=self.base_id,
            merge=self.merge,
            noise=self.noise,
            room=self.room,
            vary=self.vary,
        )
        return heard, {"kind": self.kind, **record, **drawn}

    @property
    def _scenario(self) -> Scenario:
        return SCENARIOS[self.scenario]


def has_background(scenario: Scenario) -> bool:
    """Whether noise of the user's choice is heard in it."""
    return "noise" in scenario.effects


def has_room(scenario: Scenario) -> bool:
    """Whether there is reverberation in it, for which a measured room can stand."""
    return any(step.primitive == "reverb" for effect in scenario.parts() for step in effect.steps)
