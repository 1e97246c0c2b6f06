"""One parameter of a scenario that follows severity, while all others stay where they are."""

from dataclasses import dataclass

from .chain import Link, Merge, chain_of
from .effects import Value
from .scenarios import Ranges, Scenario

REST = 0.0
"""Where the others stay if nothing is said: at their easy ends. None of them has then taken a system near the
limit where nothing makes a difference any more, and all curves of an effect begin at the same audio."""


@dataclass(frozen=True, slots=True)
class Vary:
    """The only parameter that follows severity."""

    parameter: str
    """`effect.step.parameter`, of the scenario's chain."""
    rest: float = REST
    """The severity at which all other parameters stay."""


def values_at(link: Link, ranges: Ranges, severity: float, vary: Vary | None) -> dict[str, Value]:
    """Every parameter of a chain's link at a severity.

    >>> from .scenarios import SCENARIOS
    >>> first = chain_of(SCENARIOS["distortion"], "standard")[1]
    >>> values_at(first, SCENARIOS["distortion"].ranges, 1.0, None)
    {'cutoff_hz': 2800.0, 'passes': 1, 'wet': 1.0}
    >>> values_at(first, SCENARIOS["distortion"].ranges, 1.0, Vary("distortion.distortion.drive_db"))
    {'cutoff_hz': 6000.0, 'passes': 1, 'wet': 1.0}
    """
    follows = link.step.values(ranges.position(severity))
    if vary is None:
        return follows
    stays = link.step.values(ranges.position(vary.rest))
    return {
        name: follows[name] if name_of(link, name) == vary.parameter else value
        for name, value in stays.items()
    }


def value_at(scenario: Scenario, merge: Merge, severity: float, vary: Vary) -> Value:
    """The varied parameter at a severity.

    >>> from .scenarios import SCENARIOS
    >>> value_at(SCENARIOS["distortion"], "standard", 0.25, Vary("distortion.distortion.drive_db"))
    30.0
    """
    parameter = vary.parameter.rpartition(".")[2]
    return next(
        values_at(link, scenario.ranges, severity, vary)[parameter]
        for link in chain_of(scenario, merge)
        if name_of(link, parameter) == vary.parameter
    )


def parameters_of(scenario: Scenario, merge: Merge, *, core: bool = False) -> tuple[str, ...]:
    """The parameters of a scenario that severity changes, as `effect.step.parameter`, in order.

    Those of steps that merging leaves out are none of its, nor is one whose value is the same at both ends of
    the scenario's range. `core`: only those by which the paper grades an effect.

    >>> from .scenarios import SCENARIOS
    >>> parameters_of(SCENARIOS["obstructed"], "standard", core=True)
    ('obstructed.lowpass.cutoff_hz', 'obstructed.loudness.target_lufs')
    """
    least, most = scenario.ranges.position(0), scenario.ranges.position(1)
    found = (
        name_of(link, name)
        for link in chain_of(scenario, merge)
        for name, parameter in link.step.parameters.items()
        if parameter.at(least) != parameter.at(most) and (parameter.core or not core)
    )
    return tuple(dict.fromkeys(found))


def name_of(link: Link, parameter: str) -> str:
    """A parameter's name in its chain; a step that is there twice for the loudness is one."""
    return f"{link.effect}.{link.step.primitive}.{parameter}"
