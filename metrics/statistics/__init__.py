"""How sure an error rate is, and whether two systems differ: intervals, tests, effect sizes."""

from .comparison import Comparison, SystemResult, compare, compare_letters
from .difference import Difference
from .holm import holm
from .interval import Interval, Method, bootstrap_interval
from .kappa import Kappa, cohens_kappa
from .macro import MacroRate, macro_rate, mean_rate
from .mapsswe import Mapsswe, mapsswe
from .mcnemar import McNemar, mcnemar
from .pair import PairResult
from .paired import PairedBootstrap, paired_bootstrap
from .stratified import StratifiedMean, stratified_mean

__all__ = [
    "Comparison",
    "Difference",
    "Interval",
    "Kappa",
    "MacroRate",
    "Mapsswe",
    "McNemar",
    "Method",
    "PairResult",
    "PairedBootstrap",
    "StratifiedMean",
    "SystemResult",
    "bootstrap_interval",
    "cohens_kappa",
    "compare",
    "compare_letters",
    "holm",
    "macro_rate",
    "mapsswe",
    "mcnemar",
    "mean_rate",
    "paired_bootstrap",
    "stratified_mean",
]
