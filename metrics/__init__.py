"""Text in, numbers out: normalise, align, count and diagnose transcripts.

Imports numpy and rapidfuzz only, so that a trainer can load it in every worker.

>>> from asrdiag.metrics import score
>>> result = score("the cat sat on the mat", "the cap sat on mat")
>>> round(result.wer, 4), result.counts.substitutions_soft, result.counts.deletions
(0.3333, 1, 1)
"""

from .alignment import Alignment, Op, align
from .batch import KERNEL, Analysis, analyze
from .confusion import Confusions, confusions
from .content import (
    KEY_FLAGS,
    KEY_KINDS,
    KeyContent,
    KeyContentCounts,
    KeyCounts,
    KeyItem,
    key_content,
)
from .counts import Counts
from .diagnosis import (
    MODES,
    THRESHOLDS,
    Diagnosis,
    EntityCounts,
    Evidence,
    ModeCounts,
    Thresholds,
    diagnose,
)
from .export import alignment_record, steps_to_pandas, to_jiwer, to_pandas
from .normalizers import (
    NORMALIZERS,
    default_normalizer,
    get_normalizer,
    normalize_all,
    normalizer_name,
)
from .rendering import render_alignment
from .repetition import Loop, find_repetition_loop, is_repetition_loop, longest_loop
from .scoring import Score, UtteranceScore, score, score_utterance
from .similarity import character_similarity, is_soft
from .spans import SpanOp, aligned_spans, token_spans
from .statistics import (
    Comparison,
    Interval,
    MacroRate,
    bootstrap_interval,
    compare,
    holm,
    macro_rate,
    mapsswe,
    mcnemar,
    mean_rate,
    paired_bootstrap,
)
from .tracing import Span
from .units import ERROR_RATES, UNITS, Unit, primary_language, spoken_languages, tokenize, unit_for, unit_name

__all__ = [
    "ERROR_RATES",
    "KERNEL",
    "KEY_FLAGS",
    "KEY_KINDS",
    "MODES",
    "NORMALIZERS",
    "THRESHOLDS",
    "UNITS",
    "Alignment",
    "Analysis",
    "Comparison",
    "Confusions",
    "Counts",
    "Diagnosis",
    "EntityCounts",
    "Evidence",
    "Interval",
    "KeyContent",
    "KeyContentCounts",
    "KeyCounts",
    "KeyItem",
    "Loop",
    "MacroRate",
    "ModeCounts",
    "Op",
    "Score",
    "Span",
    "SpanOp",
    "Thresholds",
    "Unit",
    "UtteranceScore",
    "align",
    "aligned_spans",
    "alignment_record",
    "analyze",
    "bootstrap_interval",
    "character_similarity",
    "compare",
    "confusions",
    "default_normalizer",
    "diagnose",
    "find_repetition_loop",
    "get_normalizer",
    "holm",
    "is_repetition_loop",
    "is_soft",
    "key_content",
    "longest_loop",
    "macro_rate",
    "mapsswe",
    "mcnemar",
    "mean_rate",
    "normalize_all",
    "normalizer_name",
    "paired_bootstrap",
    "primary_language",
    "render_alignment",
    "score",
    "score_utterance",
    "spoken_languages",
    "steps_to_pandas",
    "to_jiwer",
    "to_pandas",
    "token_spans",
    "tokenize",
    "unit_for",
    "unit_name",
]
