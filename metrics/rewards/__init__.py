"""Rewards for training speech recognisers: the numbers of the evaluation, as a trainer wants them.

Imports numpy and rapidfuzz only, and no trainer. docs/rewards.md has the formulas and a snippet for each
trainer.

>>> from asrdiag.metrics.rewards import DGWGPOReward
>>> reward = DGWGPOReward()
>>> reward.score(hypotheses=["The cap sat on mat."], references=["The cat sat on the mat."]).round(6)
array([0.715278])
"""

from .base import Reward, Term
from .dgwgpo import PRESETS, DGWGPOReward
from .measured import Measured, Values
from .shape import FormatReward, LengthReward
from .terms import CERReward, ReconstructionReward, RefinementReward, RepetitionGate, WERReward
from .weighted import WeightedReward

__all__ = [
    "PRESETS",
    "CERReward",
    "DGWGPOReward",
    "FormatReward",
    "LengthReward",
    "Measured",
    "ReconstructionReward",
    "RefinementReward",
    "RepetitionGate",
    "Reward",
    "Term",
    "Values",
    "WERReward",
    "WeightedReward",
]
