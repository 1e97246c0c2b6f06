"""Rewards made of settings in a trainer's configuration or in the environment."""

import json
import os
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any

from .dgwgpo import DGWGPOReward

VARIABLE = "ASRDIAG_REWARD"
"""The environment variable for trainers whose configuration has no place for a reward's settings."""


def make_reward(settings: Mapping[str, Any]) -> DGWGPOReward:
    """Return `DGWGPOReward` with these parameters; `preset` names one of its presets.

    Raises:
        ValueError: A parameter is out of range, or the preset is unknown.
        TypeError: A parameter is unknown (the message lists the known ones) or of the wrong type.

    >>> make_reward({"preset": "paper-appendix", "language": "zh"}).tau
    0.5
    """
    parameters = dict(settings)
    known = ("preset", *(field.name for field in fields(DGWGPOReward)))
    for name in parameters:
        if name not in known:
            raise TypeError(f"unknown parameter {name!r}; known: {', '.join(known)}")
    return DGWGPOReward.preset(parameters.pop("preset", "paper"), **parameters)


def cached_reward(settings: Mapping[str, Any]) -> DGWGPOReward:
    """`make_reward`, once for the same settings: for trainers that give them anew with every sample."""
    if any(isinstance(value, list | dict) for value in settings.values()):
        return make_reward(settings)  # which raises: no parameter is one, and neither can be remembered
    return _remembered(tuple(sorted(settings.items())))


@lru_cache(maxsize=64)
def _remembered(settings: tuple[tuple[str, Any], ...]) -> DGWGPOReward:
    return make_reward(dict(settings))


def settings_from_environment() -> dict[str, Any]:
    """Return the settings in `ASRDIAG_REWARD`, a JSON object such as `{"tau": 0.5, "language": "zh"}`.

    Raises:
        ValueError: It holds anything else.
    """
    return dict(_parsed(os.environ.get(VARIABLE) or "{}"))


@lru_cache(maxsize=8)
def _parsed(text: str) -> dict[str, Any]:
    try:
        settings = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{VARIABLE} is {text!r:.200}, which is no JSON: {error}") from error
    if not isinstance(settings, dict):
        raise ValueError(f'{VARIABLE} is {text!r:.200}, expected a JSON object such as {{"tau": 0.5}}')
    return settings
