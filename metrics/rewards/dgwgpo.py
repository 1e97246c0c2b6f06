"""The DG-WGPO reward: a static part for the error rate, and a dynamic one that a gate on it steers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from ..repetition import MIN_REPEATS, MIN_REPEATS_OF_PHRASE
from .base import Reward
from .measured import Measured, Values
from .parameters import require_flag, require_number
from .terms import ReconstructionReward, RefinementReward, RepetitionGate

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "paper": {},
        "paper-appendix": {"tau": 0.5},
        "without-r-rep": {"repetition": False},
        "without-r-fine": {"refinement": False},
        "without-r-struc": {"reconstruction": False},
        "without-gate": {"gate": False},
        "r-wer": {"alpha_dyn": 0.0, "repetition": False},
    }
)
"""Named settings of `DGWGPOReward`: the published one, the appendix's and the ablations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DGWGPOReward(Reward):
    """The reward of Mega-ASR's dual-granularity policy optimisation; at most 1, and 1 for an exact match.

    R = (1 - alpha_dyn) * R_static + alpha_dyn * R_dynamic, where R_static = R_rep * R_wer, and R_dynamic is
    0.75 R_fine + 0.25 R_struc below a WER of `tau` and 0.25 R_fine + 0.75 R_struc from there on. The terms
    are `RepetitionGate`, `WERReward`, `RefinementReward` and `ReconstructionReward`, with their parameters.

    R_wer, and with it R, has no lower bound; `clip` floors R_wer at 0, and then R lies in [0, 1].

    `repetition`, `refinement`, `reconstruction` and `gate` switch parts off, as in the paper's ablations:
    without R_rep, R_static is R_wer; without R_fine or R_struc, R_dynamic is the other one alone; without
    the gate it mixes them by `ungated_fine_weight` at every WER.

    Raises:
        ValueError: A parameter is out of range, or `refinement` and `reconstruction` are both off while
            `alpha_dyn` is not 0.
        TypeError: A parameter is of the wrong type.

    Source: Mega-ASR (arXiv 2605.19833).

    >>> reward = DGWGPOReward(tau=0.3, alpha_s=0.4, alpha_dyn=0.6)
    >>> reward.score(hypotheses=["the cap sat on mat"], references=["the cat sat on the mat"]).round(6)
    array([0.715278])
    """

    tau: float = 0.3
    alpha_s: float = 0.4
    alpha_dyn: float = 0.6
    clip: bool = False
    min_repeats: int = MIN_REPEATS
    min_phrase_repeats: int = MIN_REPEATS_OF_PHRASE
    repetition: bool = True
    refinement: bool = True
    reconstruction: bool = True
    gate: bool = True
    ungated_fine_weight: float = 0.5

    def __post_init__(self) -> None:
        Reward.__post_init__(self)
        require_number("tau", self.tau, 0)
        require_number("alpha_dyn", self.alpha_dyn, 0, 1)
        require_number("ungated_fine_weight", self.ungated_fine_weight, 0, 1)
        for name in ("clip", "repetition", "refinement", "reconstruction", "gate"):
            require_flag(name, getattr(self, name))
        if self.alpha_dyn and not self.refinement and not self.reconstruction:
            raise ValueError(
                "refinement and reconstruction are both off, which leaves nothing of R_dynamic; "
                "expected one of them on, or alpha_dyn=0"
            )
        self._refinement()
        self._repetition()

    @classmethod
    def preset(cls, name: str, **parameters: Any) -> DGWGPOReward:
        """A reward by the name of its setting (`PRESETS`); `parameters` win over it.

        Raises:
            ValueError: The name is unknown; the message lists the known ones.

        >>> DGWGPOReward.preset("paper-appendix", language="zh").tau
        0.5
        """
        if name not in PRESETS:
            raise ValueError(f"unknown preset {name!r}; known: {', '.join(PRESETS)}")
        return cls(**{**PRESETS[name], **parameters})

    def values(self, measured: Measured) -> Values:
        """R."""
        return self.parts(measured)["reward"]

    def parts(self, measured: Measured) -> dict[str, Values]:
        """R and all its terms, those too that are switched off; `gate` is 1 where WER < `tau`, else 0."""
        r_wer = 1 - measured.wer
        if self.clip:
            r_wer = np.maximum(r_wer, 0.0)
        r_rep = self._repetition().values(measured)
        r_fine = self._refinement().values(measured)
        r_struc = ReconstructionReward().values(measured)
        low = measured.wer < self.tau
        r_static = np.where(r_rep == 0, 0.0, r_wer) if self.repetition else r_wer
        fine_weight = self.fine_weight(low)
        r_dynamic = fine_weight * r_fine + (1 - fine_weight) * r_struc
        return {
            "reward": (1 - self.alpha_dyn) * r_static + self.alpha_dyn * r_dynamic,
            "wer": measured.wer,
            "r_wer": r_wer,
            "r_rep": r_rep,
            "r_static": r_static,
            "r_fine": r_fine,
            "r_struc": r_struc,
            "r_dynamic": r_dynamic,
            "gate": low.astype(np.float64),
        }

    def fine_weight(self, low: np.ndarray[Any, np.dtype[np.bool_]]) -> Values:
        """What R_fine weighs in R_dynamic, given where WER < `tau`; R_struc has the rest."""
        if not self.reconstruction:
            return np.ones(len(low))
        if not self.refinement:
            return np.zeros(len(low))
        if not self.gate:
            return np.full(len(low), float(self.ungated_fine_weight))
        return np.where(low, 0.75, 0.25)

    def _refinement(self) -> RefinementReward:
        return RefinementReward(alpha_s=self.alpha_s)

    def _repetition(self) -> RepetitionGate:
        return RepetitionGate(min_repeats=self.min_repeats, min_phrase_repeats=self.min_phrase_repeats)
