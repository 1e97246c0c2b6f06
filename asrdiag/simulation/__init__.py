"""Conditions: seeded changes of a clip, each with the record from which it can be made again.

A kind of condition is one file with its `ConditionSpec` and one line in `CONDITIONS`; `docs/conditions.md`
describes them all.
"""

from ..registry import Registry
from .base import Condition, ConditionSpec, Degraded, Source

CONDITIONS = Registry(
    "condition kind",
    "asrdiag.conditions",
    {
        "as_recorded": "asrdiag.simulation.as_recorded:AsRecordedSpec",
        "additive_noise": "asrdiag.simulation.additive_noise:AdditiveNoiseSpec",
        "dropout": "asrdiag.simulation.dropout:DropoutSpec",
    },
)

__all__ = ["CONDITIONS", "Condition", "ConditionSpec", "Degraded", "Source"]
