"""Every column of `calibration.csv` and what it says."""

THRESHOLDS_PCT = (30, 50, 70)
"""The capped error rates whose crossings are looked for, in %; the paper's curricula are cut there."""

CAPPED = ("capped_error_rate_pct", "capped_{}_pct")
RAW = ("error_rate_pct", "ci_{}_pct")
OMISSION = ("omission_rate_pct", "omission_{}_pct")
HALLUCINATION = ("hallucination_rate_pct", "hallucination_{}_pct")
"""The columns of a rate, and of the `low` and `high` end of its interval."""

CALIBRATION_COLUMNS = {
    "run_id": "the run: suite name, when it began (UTC), and four random digits",
    "system": "the system's id in the suite",
    "dataset": "the dataset's id in the suite",
    "effect": "the condition's base id: its id without the level",
    "condition": "the condition's id in the suite, with its level (`echo.m050`)",
    "parameter": "what is varied from level to level: `severity`, or `snr_db`",
    "level": "its value here",
    "varied": "the only parameter that follows the severity, as `effect.step.parameter`; empty: all do",
    "value": "the value of that parameter here",
    "rest": "the severity at which the other parameters stay",
    "parameters": "what this changes in the chain: `step.parameter=value` for all that differ between levels",
    "language": "language tag; several joined by +",
    "metric": "wer (words), cer (characters) or mer (mixed); they are never added up",
    "normalizer": "the versioned text normaliser that both sides went through",
    "n_clips": "clips that the system answered at every level; the others are in no other number",
    "n_left_out": "clips that it did not answer at one level or more",
    "unit": "what was drawn as one for the intervals: speaker, or utterance",
    "n_units": "how many there are",
    "ref_tokens": "tokens of the references",
    "capped_error_rate_pct": "errors / ref_tokens, in %, where no clip counts more errors than its reference "
    "has tokens; from 0 to 100",
    "capped_low_pct": "lower end of its 95 % interval",
    "capped_high_pct": "its upper end",
    "error_rate_pct": "errors / ref_tokens, in %; can exceed 100",
    "ci_low_pct": "lower end of its 95 % interval",
    "ci_high_pct": "its upper end",
    "omission_rate_pct": "deletions / ref_tokens, in %",
    "omission_low_pct": "lower end of its 95 % interval",
    "omission_high_pct": "its upper end",
    "hallucination_rate_pct": "(insertions + hard substitutions) / tokens of the hypotheses, in %",
    "hallucination_low_pct": "lower end of its 95 % interval",
    "hallucination_high_pct": "its upper end",
    **{
        name: text.format(threshold)
        for threshold in THRESHOLDS_PCT
        for name, text in (
            (
                f"crossing_{threshold}",
                "level at which the capped rate of the effect reaches {} %, the same in all its rows; "
                "`easier`: it is above that at the easiest level already; `harder`: not yet at the hardest",
            ),
            (f"crossing_{threshold}_low", "easy end of its 95 % interval, or `easier`"),
            (f"crossing_{threshold}_high", "its hard end, or `harder`"),
            (f"crossing_value_{threshold}", "the value of the varied parameter there"),
            (f"crossing_value_{threshold}_low", "at the easy end of the interval"),
            (f"crossing_value_{threshold}_high", "at its hard end"),
        )
    },
    "rise_pct": "capped rate at the hardest level minus that at the easiest, in percentage points, the same "
    "in all rows of the effect",
    "rise_low_pct": "lower end of its 95 % interval, over the differences of the same clips",
    "rise_high_pct": "its upper end",
}
