"""Degraded clips of a run that were not kept: made again from what is on record, bit for bit, or refused."""

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml
from pydantic import ValidationError

from asrdiag.audio import sha256_of, to_pcm16_grid
from asrdiag.datasets.base import Utterance
from asrdiag.datasets.utterance_table import UtteranceTable
from asrdiag.errors import SampleError, UsageError
from asrdiag.runner.source import load
from asrdiag.simulation.base import Condition, Source
from asrdiag.suite.schema import Suite

from .clips import ClipRefused

_ADDED = ("included", "conditions_expanded")
"""What `suite.resolved.yaml` says besides the suite."""


class Remaker:
    """Makes clips of runs again, from their suites: one at a time, whoever asks."""

    def __init__(self) -> None:
        self._suites: dict[str, _Parts] = {}
        self._lock = threading.Lock()  # conditions share recordings and talkers that they keep

    def remake(self, how: Mapping[str, Any]) -> npt.NDArray[np.float32]:
        """The clip that a system heard, mono, at the rate on record.

        Raises:
            ClipRefused: it cannot be made, or what comes out is not what was heard.
        """
        with self._lock:
            try:
                return self._remade(how)
            except ClipRefused:
                raise
            except (SampleError, UsageError, KeyError, IndexError) as error:
                raise ClipRefused("not_reproducible", f"{how['sample_id']}: {error}") from error

    def _remade(self, how: Mapping[str, Any]) -> npt.NDArray[np.float32]:
        run = str(how["run"])
        if run not in self._suites:
            self._suites[run] = _Parts(Path(run))
        parts = self._suites[run]
        pool = parts.utterances(how["dataset"])
        utterance = pool[how["position"]]
        if utterance.sample_id != how["sample_id"]:
            found = f"found {utterance.sample_id!r} in its place in the dataset {how['dataset']!r}"
            raise ClipRefused("not_reproducible", f"{found}, expected {how['sample_id']!r}")
        rate = how["sample_rate_hz"]
        source = Source(utterance, pool, load, parts.suite.seed)
        degraded = parts.conditions[how["condition"]].apply(load(utterance, rate), rate, source)
        samples = to_pcm16_grid(degraded.samples)
        if sha256_of(samples, rate) != how["sha256"]:
            raise ClipRefused(
                "not_reproducible",
                f"{how['sample_id']} under {how['condition']}: other audio came out than the system heard; "
                "run again with `save_audio: all`",
            )
        return samples


class _Parts:
    """The suite of a run, and what it names."""

    def __init__(self, run: Path) -> None:
        path = run / "suite.resolved.yaml"
        try:
            found = yaml.safe_load(path.read_text(encoding="utf-8"))
            said = {key: value for key, value in found.items() if key not in _ADDED}
            self.suite = Suite.model_validate_json(json.dumps(said))
        except (OSError, ValueError, AttributeError, yaml.YAMLError, ValidationError) as error:
            raise ClipRefused("not_reproducible", f"{path}: cannot be read: {error}") from error
        self.conditions: dict[str, Condition] = {
            condition.id: condition for spec in self.suite.conditions for condition in spec.expand()
        }
        self._utterances: dict[str, Sequence[Utterance]] = {}

    def utterances(self, dataset: str) -> Sequence[Utterance]:
        if dataset not in self._utterances:
            spec = next(each for each in self.suite.datasets if each.id == dataset)
            self._utterances[dataset] = UtteranceTable.of(spec.utterances())
        return self._utterances[dataset]
