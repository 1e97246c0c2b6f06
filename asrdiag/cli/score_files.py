"""`asrdiag score --ref R --hyp H`: files of transcripts that any tool wrote."""

import argparse
from typing import TYPE_CHECKING

from .output import as_text, complain, out, out_data
from .paths import STANDARD_INPUT, STANDARD_OUTPUT, check_destination

if TYPE_CHECKING:
    from ..transcripts.results import Results

_DATA = ("json", "csv")
_LISTED_IDS = 10
_FILE_WIDTH = 120


def run_files(options: argparse.Namespace) -> int:
    """Score the files that the options name, and report; 1 if an utterance has no answer."""
    from ..errors import UsageError
    from ..metrics import unit_for
    from ..transcripts.formats import read_transcripts
    from ..transcripts.pairing import pair_one, pair_two
    from ..transcripts.pairs import Reading
    from ..transcripts.results import score_pairs

    if options.ref is None and options.hyp is None:
        raise UsageError("found neither RUN nor --ref and --hyp, expected a run directory or files to score")
    if options.language is not None:
        try:
            unit_for(options.language)
        except ValueError as error:
            raise UsageError(f"--language: {error}") from None
    paths = [path for path in (options.ref, options.hyp) if path is not None]
    if len(paths) == 2 and paths[0] == paths[1] == STANDARD_INPUT:
        raise UsageError("found standard input as --ref and as --hyp, which can be read once only")
    check_destination("--out", options.out, paths)
    by = tuple(options.by or ())
    reading = Reading(options.language, options.missing_as_empty, options.speaker_separator, by)
    files = [
        read_transcripts(path, format)
        for path, format in ((options.ref, options.ref_format), (options.hyp, options.hyp_format))
        if path is not None
    ]
    pairs = pair_two(files[0], files[1], reading) if len(files) == 2 else pair_one(files[0], reading)
    results = score_pairs(
        files,
        pairs,
        normalizer=options.normalizer,
        unit=options.unit,
        by=by,
        keywords=options.keywords or (),
        ner=options.ner or (),
    )
    _write(results, options)
    _complain(results)
    return 1 if results.unanswered else 0


def _write(results: "Results", options: argparse.Namespace) -> None:
    from ..store.atomic import write_text

    suffix = options.out.suffix.lower() if options.out else ""
    report = options.report or {".json": "json", ".csv": "csv"}.get(suffix, "table")
    if options.out is None or options.out == STANDARD_OUTPUT:
        write = out_data if report in _DATA else out
        write(_text(results, report, None).removesuffix("\n"))
        return
    write_text(options.out, _text(results, report, _FILE_WIDTH))
    for total in results.totals:
        row = total.row()
        rate = "no score" if row["error_rate_pct"] is None else f"{row['error_rate_pct']:.2f} %"
        out(f"{options.out}: {row['metric'].upper()} {rate}, {row['n_scored']} utterances")


def _text(results: "Results", report: str, width: int | None) -> str:
    if report == "json":
        from ..transcripts.as_data import to_json_text

        return to_json_text(results)
    if report == "csv":
        from ..transcripts.as_data import to_csv_text

        return to_csv_text(results)
    if report == "sclite":
        from ..transcripts.as_sclite import to_text

        return to_text(results)
    from ..transcripts.as_table import render

    return as_text(lambda console: render(results, console.width), width)


def _complain(results: "Results") -> None:
    """Whatever did not match, on standard error; all of it is in the JSON report."""
    unmatched, unanswered = results.unmatched, set(results.unanswered)
    missing = "which are in no rate" if unanswered.issuperset(unmatched.missing) else "taken as empty"
    null = tuple(name for name in results.unanswered if name not in set(unmatched.missing))
    for ids, what in (
        (unmatched.missing, f"no hypothesis for these utterances, {missing}"),
        (null, "the hypothesis of these utterances is null, no answer; they are in no rate"),
        (unmatched.extra, "no reference for these hypotheses, which are in no rate"),
    ):
        if ids:
            more = f" and {len(ids) - _LISTED_IDS} more" if len(ids) > _LISTED_IDS else ""
            complain(f"asrdiag: {what} ({len(ids)}): {', '.join(map(repr, ids[:_LISTED_IDS]))}{more}")
    for note in unmatched.notes:
        complain(f"asrdiag: {note}")
