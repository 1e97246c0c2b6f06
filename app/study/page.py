"""A case study as one page: no script, nothing from elsewhere, to be mailed, archived or printed."""

from collections.abc import Iterator, Sequence
from importlib.resources import files

from asrdiag import __version__
from asrdiag.report.page.text import html

from ..data.case import Case, open_case
from ..data.index import CaseKey
from ..data.offsets import AllOffsets
from ..data.runs import OpenRun
from ..texts import percent, shown
from .file import Study
from .rows import SAID
from .section import mode_of, rate_of_case, said, section

_POLICY = (
    "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'"
)
_COLUMNS = ("case", "system", "dataset", "condition", "failure mode")


def page_of(study: Study, keys: Sequence[CaseKey], runs: Sequence[OpenRun]) -> Iterator[str]:
    """The page as HTML, in parts: one for each case, since its audio is in it. All texts are escaped.

    Args:
        study: the title, and the notes.
        keys: its cases, in the same order, see `find.find_all`.
        runs: the runs that they are in; every system of them that heard the same is shown.
    """
    by_name = {run.name: run for run in runs}
    offsets = AllOffsets()

    def read(key: CaseKey) -> Case:
        return open_case(by_name[key.run], key, offsets)

    cases = [read(key) for key in keys]
    title = study.title or "Case study"
    yield f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="asrdiag {html(__version__)}">
<link rel="icon" href="data:,">
<title>{html(title)}</title>
<style>{files(__package__).joinpath("page.css").read_text(encoding="utf-8")}</style>
</head>
<body>
<header><p class=brand>asrdiag case study</p><h1>{html(title)}</h1>
{said(study.about)}
{_contents(cases)}
<p class=legend>{_legend()}</p></header>
<main>
"""
    for place, (entry, case) in enumerate(zip(study.cases, cases, strict=True), start=1):
        yield section(place, entry.note, case, runs, read)
    yield f"""</main>
<footer>Made by asrdiag {html(__version__)}; nothing on this page is loaded from elsewhere.</footer>
</body>
</html>
"""


def _contents(cases: Sequence[Case]) -> str:
    if not cases:
        return "<p>No case has been chosen yet.</p>"
    names = "".join(f"<th scope=col>{name}</th>" for name in _COLUMNS)
    rows = "".join(_content(place, case) for place, case in enumerate(cases, start=1))
    return (
        f"<div class=scroll><table class=contents><thead><tr><th></th>{names}"
        f"<th scope=col class=n>error rate</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _content(place: int, case: Case) -> str:
    link = f'<a href="#case-{place}">{html(shown(case.key.sample_id, 60))}</a>'
    texts = (case.key.system, case.key.dataset, case.key.condition, mode_of(case))
    cells = "".join(f"<td>{html(text)}</td>" for text in texts)
    return (
        f"<tr><td class=n>{place}</td><th scope=row>{link}</th>{cells}"
        f"<td class=n>{html(percent(rate_of_case(case)))}</td></tr>"
    )


def _legend() -> str:
    letters = " ".join(f"<span><b class={letter}>{letter}</b> {said}</span>" for letter, said in SAID.items())
    return f"{letters} <span>hatched: a stretch left out, or that nobody said</span>"
