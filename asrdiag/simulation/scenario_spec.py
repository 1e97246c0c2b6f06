"""Scenarios in suites: `kind: scenario` for one by name, `kind: scenarios` for a set of them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from ..errors import UsageError, unknown
from ..spec import Spec
from .base import Condition, ConditionSpec
from .chain import Merge
from .degradation import DEFAULT_NOISE
from .noise_choice import NoiseChoice, missing, noise_source
from .room_responses import RoomFolder
from .scenario_condition import ScenarioCondition, has_background, has_room
from .scenarios import SCENARIOS, Scenario, scenario_named
from .severity import MappingName
from .sweep import SeveritySweep, severity_id
from .vary import REST, Vary, parameters_of

SETS: Mapping[str, tuple[str, ...]] = {
    "all": tuple(SCENARIOS),
    "single": tuple(name for name, scenario in SCENARIOS.items() if len(scenario.effects) == 1),
}
"""Sets of scenarios that have a name."""


class SeverityMapping(Spec):
    """`{mapping: NAME}`: a severity drawn for each clip."""

    mapping: MappingName


def _shape(value: Any) -> str:
    return "drawn" if isinstance(value, dict | SeverityMapping) else "given"


SeverityChoice = Annotated[
    Annotated[SeverityMapping, Tag("drawn")] | Annotated[SeveritySweep, Tag("given")], Discriminator(_shape)
]
"""One severity, a list of different ones, or `{mapping: NAME}`."""


def _known(name: str) -> str:
    try:
        return scenario_named(name).name
    except UsageError as error:
        raise ValueError(str(error)) from None


def _named_set(value: Any) -> Any:
    if isinstance(value, str):
        if value not in SETS:
            raise ValueError(f"found {value!r}, expected {', '.join(SETS)} or a list of scenarios")
        return SETS[value]
    return tuple(value) if isinstance(value, list) else value


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ValueError(f"{name!r} is listed twice; expected different ones")
    return names


ScenarioName = Annotated[str, AfterValidator(_known)]
ScenarioSet = Annotated[
    tuple[ScenarioName, ...], Field(min_length=1), BeforeValidator(_named_set), AfterValidator(_distinct)
]
"""`all`, `single`, or a list of names."""


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


Varied = Annotated[
    tuple[str, ...], Field(min_length=1), BeforeValidator(_one_or_more), AfterValidator(_distinct)
]
"""`core`, `all` or the name of a parameter; or a list of them."""


class _ScenarioKeys(ConditionSpec):
    """What both kinds take."""

    severity: SeverityChoice
    merge: Merge = "standard"
    """How the chains of several effects become one."""
    noise: NoiseChoice | None = None
    """The background of the effect `noise`; `None` is pink noise."""
    talkers: Annotated[int, Field(ge=1, le=100)] | None = None
    """How many talk at once; for babble only, where `None` is 6."""
    room: RoomFolder | None = None
    """Measured rooms in place of the algorithmic reverberation."""
    vary: Varied | None = None
    """Parameters that follow severity one at a time; `None`: all together."""
    rest: Annotated[float, Field(ge=0, le=1)] | None = None
    """The severity at which the others stay; `None` is `REST`."""

    def missing(self) -> str | None:
        return (self.noise and missing(self.noise)) or (self.room and self.room.missing()) or None

    def named(self) -> Iterator[tuple[str, str]]:
        """The scenarios with the base id that each draws by."""
        raise NotImplementedError

    def varied(self, scenario: str) -> tuple[Vary | None, ...]:
        """What follows severity in each of a scenario's curves; `None`: everything."""
        if self.vary is None:
            return (None,)
        known = self._parameters(scenario)
        sets = {"all": known, "core": self._parameters(scenario, core=True)}
        found = dict.fromkeys(name for choice in self.vary for name in sets.get(choice, (choice,)))
        rest = REST if self.rest is None else self.rest
        return tuple(Vary(name, rest) for name in found if name in known)

    def _parameters(self, scenario: str, *, core: bool = False) -> tuple[str, ...]:
        found = parameters_of(SCENARIOS[scenario], self.merge, core=core)
        return tuple(name for name in found if self.room is None or ".reverb." not in name)

    @model_validator(mode="after")
    def _parameters_that_there_are(self) -> "_ScenarioKeys":
        if self.vary is None:
            if self.rest is not None:
                raise ValueError("the key 'rest' is only with 'vary': where the other parameters stay")
            return self
        if isinstance(self.severity, SeverityMapping):
            raise ValueError("the key 'vary' takes severities, one or a list; found a mapping")
        known = dict.fromkeys(name for _, scenario in self.named() for name in self._parameters(scenario))
        for name in self.vary:
            if name not in ("core", "all", *known):
                raise ValueError(unknown("parameter", name, ["core", "all", *known]))
        for _, scenario in self.named():
            if not self.varied(scenario):
                choices = ", ".join(self._parameters(scenario))
                raise ValueError(f"the key 'vary' names no parameter of {scenario!r}; known: {choices}")
        return self

    @model_validator(mode="after")
    def _keys_that_do_something(self) -> "_ScenarioKeys":
        if self.talkers is not None and self.noise != "babble":
            raise ValueError("the key 'talkers' is only for noise: babble")
        uses: tuple[tuple[str, object, Callable[[Scenario], bool]], ...] = (
            ("noise", self.noise, has_background),
            ("room", self.room, has_room),
        )
        for key, value, used_by in uses:
            if value is not None and not any(used_by(SCENARIOS[name]) for _, name in self.named()):
                raise ValueError(f"the key {key!r} changes nothing here: no scenario of this entry has any")
        return self

    def expand(self) -> tuple[Condition, ...]:
        owner = f"condition {self.id!r}"
        noise = DEFAULT_NOISE
        if self.noise is not None:
            noise = noise_source(self.noise, talkers=self.talkers, owner=owner)
        room = self.room.room(owner) if self.room else None
        levels: list[tuple[float | None, MappingName | None]]
        if isinstance(self.severity, SeverityMapping):
            levels = [(None, self.severity.mapping)]
        else:
            levels = [(severity, None) for severity in self.severity]
        return tuple(
            ScenarioCondition(
                id=_id(base_id, SCENARIOS[scenario], vary, severity, mapping),
                base_id=base_id,
                scenario=scenario,
                severity=severity,
                mapping=mapping,
                merge=self.merge,
                noise=noise,
                room=room,
                vary=vary,
            )
            for base_id, scenario in self.named()
            for vary in self.varied(scenario)
            for severity, mapping in levels
        )


def _id(
    base_id: str, scenario: Scenario, vary: Vary | None, severity: float | None, mapping: MappingName | None
) -> str:
    """Parameters and severities have the base id in common, by which all of them draw the same."""
    curve = base_id
    if vary is not None:
        # Of a single effect the name is said already, as a rule.
        only = f"{scenario.name}." if len(scenario.effects) == 1 else ""
        curve = f"{base_id}.{vary.parameter.removeprefix(only)}"
    return f"{curve}.{mapping}" if severity is None else severity_id(curve, severity)


class ScenarioSpec(_ScenarioKeys):
    """One of the 54 scenarios: speech far away, behind a door, in noise, on a poor connection, or several."""

    kind: Literal["scenario"]
    scenario: ScenarioName

    def named(self) -> Iterator[tuple[str, str]]:
        yield self.id, self.scenario


class ScenariosSpec(_ScenarioKeys):
    """Several scenarios at once, each under its own name: all 54, the seven single effects, or a list."""

    kind: Literal["scenarios"]
    scenarios: ScenarioSet

    def named(self) -> Iterator[tuple[str, str]]:
        yield from ((name, name) for name in self.scenarios)
