"""The page put together: words, tables and charts, with a policy that lets nothing in or out."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files

from ... import __version__
from ...errors import UsageError
from ..changes import Change
from ..contents import Contents
from ..level_curves import LevelCurve
from ..matrix import whole_rows
from . import cases, leaderboard, mode_charts, runs
from .change_charts import TOGETHER, change_charts
from .chart import Chart, Style, legend, styles
from .curve_charts import curve_charts
from .matrix_charts import matrix_charts
from .subset_tables import subset_tables
from .text import count, html, script_json

MOST_CURVES = 60
MOST_NOTES = 4


def page_of(contents: Contents) -> str:
    """The page as HTML. Everything that comes from outside is escaped.

    Raises:
        UsageError: plotly is not installed.
    """
    library = _plotly()
    measured = whole_rows(contents.rows)
    of_systems = styles([row["system"] for row in measured])
    modes = mode_charts.mode_charts(contents.matrices)
    shown = curve_charts(contents.curves, of_systems)
    charts: list[list[Chart]] = []

    def chosen(found: Sequence[Chart], what: str) -> str:
        charts.append(list(found))
        return _choice(found, len(charts) - 1, what)

    def panels(found: Sequence[Chart]) -> str:
        charts.extend([chart] for chart in found)
        first = len(charts) - len(found)
        return "".join(_panel(chart, first + place) for place, chart in enumerate(found))

    sections = [
        ("rates", "Leaderboard", _rates(contents), True),
        ("map", "Heat map", chosen(matrix_charts(contents.matrices), "Heat map"), bool(contents.matrices)),
        (
            "curves",
            "Error rate against level",
            f"{legend(_those(contents.curves, of_systems))}"
            f"<div class=panels>{panels(shown[:MOST_CURVES])}</div>{_rest(shown)}",
            bool(shown),
        ),
        (
            "changes",
            "Change against the audio as recorded",
            _change_legend(contents.changes, of_systems)
            + chosen(change_charts(contents.changes, of_systems), "Dataset"),
            bool(contents.changes),
        ),
        (
            "modes",
            "How answers fail",
            mode_charts.legend() + chosen(modes, "System and dataset"),
            bool(modes),
        ),
        ("worst", "Worst cases", _worst(contents), bool(contents.worst)),
        ("runs", "What was run", _runs(contents), True),
    ]
    there = [section[:3] for section in sections if section[3]]
    links = "".join(f'<li><a href="#{key}">{name}</a></li>' for key, name, _ in there)
    figures = [[{"figure": each.figure, "caption": each.caption} for each in found] for found in charts]
    own = _asset("page.js")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(library, own)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="asrdiag {html(__version__)}">
<link rel="icon" href="data:,">
<title>{html(runs.title(contents.runs))}: asrdiag report</title>
<style>{_asset("page.css")}</style>
</head>
<body>
<header class=top><p class=brand>asrdiag report</p><h1>{html(runs.title(contents.runs))}</h1>
<p class=dim>{runs.subtitle(contents.runs)}</p>
<dl class=facts>{runs.facts(contents)}</dl>{_missing(contents)}</header>
<nav aria-label="Sections"><ul>{links}</ul></nav>
<main>
<noscript><p class=note>The charts need JavaScript; the tables and the worst cases do not.</p></noscript>
{"".join(f"<section id={key}><h2>{name}</h2>{body}</section>" for key, name, body in there)}
</main>
<footer><p>Made by asrdiag {html(__version__)}; nothing on this page is loaded from elsewhere. Charts:
plotly.js (MIT).</p></footer>
<script type="application/json" id="charts">{script_json(figures)}</script>
<script>{library}</script>
<script>{own}</script>
</body>
</html>
"""


def _change_legend(changes: Sequence[Change], of_systems: Mapping[str, Style]) -> str:
    """The systems' keys, unless each has a chart to itself."""
    found = _those(changes, of_systems)
    return legend(found) if 1 < len(found) <= TOGETHER else ""


def _those(
    found: Sequence[LevelCurve] | Sequence[Change], of_systems: Mapping[str, Style]
) -> dict[str, Style]:
    """The styles of the systems that are in a section."""
    systems = {each.system for each in found}
    return {system: style for system, style in of_systems.items() if system in systems}


def _plotly() -> str:
    """plotly.js, in a form that cannot end the script element it stands in."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise UsageError("--html needs plotly: pip install 'asrdiag[report]'") from error
    # Both can only stand inside strings and regular expressions, where the backslash says nothing.
    return re.sub("<(?=/script|!--)", r"\\x3c", str(get_plotlyjs()), flags=re.IGNORECASE)


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _policy(*scripts: str) -> str:
    """Only these scripts run, and no request can leave; images that charts are saved as are data."""
    hashes = (b64encode(sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{each}'" for each in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _rates(contents: Contents) -> str:
    return (
        "<p class=lead>Error rates over whole datasets with 95 % intervals; a column's heading sorts by it. "
        "soft, hard: replaced by something alike or by something else; del: left out; ins: put in; each in % "
        f"of the reference.</p>{leaderboard.leaderboard(contents.rows)}{subset_tables(contents.rows)}"
    )


def _missing(contents: Contents) -> str:
    lines = [*leaderboard.missing(contents.rows), *map(html, contents.notes)]
    first, others = lines[:MOST_NOTES], lines[MOST_NOTES:]
    items = "".join(f"<li>{line}</li>" for line in first)
    more = "".join(f"<li>{line}</li>" for line in others)
    fold = f"<details><summary>{len(others)} more</summary><ul>{more}</ul></details>" if others else ""
    return f"<div class=notes><ul>{items}</ul>{fold}</div>" if lines else ""


def _choice(found: Sequence[Chart], group: int, what: str) -> str:
    """A chart with a menu of the others that can stand in its place."""
    if not found:
        return ""
    menu = ""
    if len(found) > 1:
        options = "".join(
            f"<option value={place}>{html(chart.name)}</option>" for place, chart in enumerate(found)
        )
        menu = f"<label class=choose>{what} <select data-choose={group}>{options}</select></label>"
    return f"{menu}{_figure(found[0], group)}"


def _panel(chart: Chart, group: int) -> str:
    return f"<div class=panel><h3>{html(chart.name)}</h3>{_figure(chart, group)}</div>"


def _figure(chart: Chart, group: int) -> str:
    least, most = chart.widths
    style = f"min-width:{least}px;max-width:{most}px" if most else ""
    # The height keeps the page from jumping while charts are drawn.
    style += f";height:{chart.figure['layout']['height']}px"
    return (
        f'<figure><div class=wide><div class=plot data-group={group} role=img style="{style.lstrip(";")}" '
        f'aria-label="{html(chart.name)}"></div></div><figcaption>{html(chart.caption)}</figcaption></figure>'
    )


def _rest(shown: Sequence[Chart]) -> str:
    left = len(shown) - MOST_CURVES
    return f"<p class=dim>{count(left, 'more curve')} are in `asrdiag calibrate`.</p>" if left > 0 else ""


def _worst(contents: Contents) -> str:
    return (
        "<p class=lead>The answers with most errors, after normalising: the worst of every system, then the "
        "second of every system and so on, at most three of a condition. Above: what was said. Below: what "
        "the system wrote. <b class=S>S</b> replaced, <b class=s>s</b> replaced by something alike, "
        "<b class=D>D</b> left out, <b class=I>I</b> put in.</p>"
        f"<div class=filters>{cases.choices(contents.worst)}</div>{cases.worst_list(contents.worst)}"
        "<button type=button class=more hidden>Show more</button>"
    )


def _runs(contents: Contents) -> str:
    return runs.run_tables(contents.runs)
