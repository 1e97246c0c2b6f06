"""The page: everything is on it, nothing that was said or named gets out of its place."""

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from made_runs import Said
from made_sweeps import WORDS, corpus, make_sweep, omitting

from asrdiag.errors import UsageError
from asrdiag.metrics import MODES
from asrdiag.report.contents import contents_of
from asrdiag.report.page.document import page_of
from asrdiag.report.page.mode_charts import COLOURS, MEANINGS
from asrdiag.report.published_tables import table
from asrdiag.store.folder import RunFolder

pytest.importorskip("plotly", reason="plotly is not installed: pip install 'asrdiag[report]'")

NASTY = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)//",
    "<!--<script>",
    "\"'><img/src=x/onerror=alert(1)>",
    "&lt;b&gt;",
    "]]>",
    "a\x00b\x1b[31m",
    "\u202eabc",
    "\u05e9\u05dc\u05d5\u05dd",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u2028\u2029",
    "%{x}<extra>",
    "${alert(1)}",
)


class Reader(HTMLParser):
    """What a browser would make of the page: elements with their attributes, text, and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.inside: tuple[str, str] | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = (tag, dict(attrs).get("type") or "") if tag in ("script", "style") else None

    def handle_endtag(self, tag: str) -> None:
        self.inside = None

    def handle_data(self, data: str) -> None:
        if self.inside is None:
            self.text.append(data)
        elif self.inside[0] == "script":
            self.scripts.append((self.inside[1], data))


def page(*runs: Path) -> str:
    return page_of(contents_of([RunFolder(run) for run in runs]))


def charts(found: Reader) -> list[list[dict[str, Any]]]:
    [text] = [data for kind, data in found.scripts if kind == "application/json"]
    assert not set("<>&") & set(text)  # which end a script or begin a comment in it
    loaded: list[list[dict[str, Any]]] = json.loads(text)
    return loaded


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two systems, a sweep over severity and one over SNR, subsets, a failed clip, a missing dataset."""
    said = [
        Said(f"u{n}", " ".join(WORDS), speaker=f"s{n % 3}", subset="ab"[n % 2], factors={"snr_db": n % 2})
        for n in range(12)
    ]
    cells = {}
    for place, system in enumerate(("fine", "poor")):
        for condition, omitted in (
            ("as_recorded", [0, 1, 0]),
            ("echo.m000", [1, 1, 2]),
            ("echo.m100", [7, 8, 9]),
            ("babble.snr5", [3, 2, 3]),
            ("babble.snr-5", [8, None, 6] if place else [5, 5, 6]),
        ):
            more = [None if n is None else min(10, n + place) for n in omitted]
            cells[f"{system}/set/{condition}"] = omitting(said, more)
    folder = tmp_path_factory.mktemp("page") / "run"
    return make_sweep(folder, said, cells, {"chime4": "set CHIME4_ROOT"})


def test_every_part_is_there(made: Path) -> None:
    found = Reader(page(made))
    sections = [attributes["id"] for tag, attributes in found.elements if tag == "section"]
    assert sections == ["rates", "map", "curves", "changes", "modes", "worst", "runs"]
    links = [attributes["href"] for tag, attributes in found.elements if tag == "a"]
    assert links == [f"#{name}" for name in sections]
    text = " ".join(found.text)
    assert "chime4: not run: set CHIME4_ROOT" in text
    assert "⚠ 8/12" in text  # poor under babble.snr-5
    assert "whisper-english@1" in text
    plots = [attributes for _, attributes in found.elements if attributes.get("class") == "plot"]
    assert len(plots) == len(charts(found))
    assert all(attributes["aria-label"] for attributes in plots)


def test_numbers_of_the_page_are_those_of_the_run(made: Path) -> None:
    found = Reader(page(made))
    groups = charts(found)
    [heat] = [chart for chart in groups[0] if "by condition" in chart["caption"]]
    # As recorded, fine leaves out 0, 1, 0 of 10 words in turn, poor one more of each.
    assert heat["figure"]["data"][0]["z"][0] == pytest.approx([10 / 3, 40 / 3])
    assert "each over 8 to 12 clips" in heat["caption"]
    changes = next(
        chart for group in groups for chart in group if chart["caption"].startswith("Error rate less")
    )
    fine = changes["figure"]["data"][0]
    # echo.m000: 1, 1, 2 against 0, 1, 0: 3 of 30 words more.
    assert (fine["meta"], fine["x"][0]) == ("fine", pytest.approx(10.0))
    assert "on 8 to 12 clips answered under both" in changes["caption"]


def test_published_results_are_marked_and_rank_nowhere(tmp_path: Path) -> None:
    whole = next(column for column in table("robust").columns if column.name == "noizeus")
    said = [Said(name, " ".join(WORDS), subset=name) for name in sorted(whole.subsets)]
    run = make_sweep(tmp_path / "run", said, {"qwen3-asr-1.7b/noisy/as_recorded": omitting(said, [1, 2])})
    found = json.loads((run / "run.json").read_text())
    for cell in found["cells"].values():
        cell |= {"benchmark": "noizeus", "aggregates": {}}
        cell["identity"]["condition"] = {"kind": "as_recorded"}
    (run / "run.json").write_text(json.dumps(found))
    folder = [RunFolder(run)]
    assert ">published<" not in page_of(contents_of(folder))
    with_published = contents_of(folder, published=True)
    # The paper's average of Qwen3-ASR over the 32 subsets of NOIZEUS.
    [qwen] = [
        row["error_rate_pct"]
        for row in with_published.rows
        if row["source"] == "published"
        and (row["system"], row["aggregate"], row["subset"]) == ("qwen3-asr-1.7b", "macro", "")
    ]
    assert qwen == 9.45
    text = page_of(with_published)
    rows = re.findall(r"<tr class=published>.*?</tr>", text)
    assert any("Qwen3-ASR" in each and ">9.45<" in each for each in rows)
    assert all('class="badge quiet"' in each for each in rows)
    assert "not ranked with what was measured: printed in arXiv 2605.19833." in text
    # They are in the table of means only: in no chart, and in no other table.
    assert text.count(">published<") == len(rows)
    assert with_published.matrices == contents_of(folder).matrices
    assert "GPT-4o" not in json.dumps(charts(Reader(text)))


def test_figures_are_what_plotly_takes(made: Path) -> None:
    from plotly.graph_objects import Figure

    found = [chart["figure"] for group in charts(Reader(page(made))) for chart in group]
    assert {trace["type"] for figure in found for trace in figure["data"]} == {"heatmap", "scatter", "bar"}
    for figure in found:
        Figure(figure)


def test_nothing_said_or_named_gets_out(tmp_path: Path) -> None:
    said = [
        Said(
            f"id {nasty}",
            f"red blue {nasty}",
            speaker=nasty,
            subset=nasty,
            language="ar" if "\u05e9" in nasty else "en",
            factors={"snr_db": number % 2},
        )
        for number, nasty in enumerate(NASTY)
    ]
    answers = {each.sample_id: f"{nasty} so wrong {nasty}" for each, nasty in zip(said, NASTY, strict=True)}
    # Of one condition three cases are shown at most.
    cells = {"sys/set/as_recorded": answers, "sys/set/echo.m050": answers} | {
        f"sys/set/only{number}": {name: answer} for number, (name, answer) in enumerate(answers.items())
    }
    run = make_sweep(tmp_path / "run", said, cells, {"gone": "set <script>alert(1)</script>"})
    # Systems of one id carry their run's folder, so that it stands in captions too.
    again = make_sweep(tmp_path / "<!--<script>", said, {"sys/set/as_recorded": answers})
    text = page(run, again)
    found = Reader(text)
    # One script of data, plotly, and ours; no handler, no image, no frame.
    assert [kind for kind, _ in found.scripts] == ["application/json", "", ""]
    assert not {tag for tag, _ in found.elements} & {"img", "iframe", "object", "embed", "base", "form"}
    assert not [name for _, attributes in found.elements for name in attributes if name.startswith("on")]
    assert not re.search("[\x00\x1b\u202e]", text)
    shown = " ".join(found.text)
    for nasty in (
        "<script>alert(1)</script>",
        "&lt;b&gt;",
        "%{x}<extra>",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    ):
        assert f"id {nasty}" in shown, nasty
    labels = json.dumps(charts(found))
    assert "&lt;script&gt;alert(1)" in labels  # plotly shows entities as what they stand for
    assert 'dir="rtl"' in text or "dir=rtl" in text


def test_the_policy_allows_these_scripts_and_no_request(made: Path) -> None:
    from base64 import b64encode
    from hashlib import sha256

    found = Reader(page(made))
    [policy] = [
        attributes["content"] or ""
        for _, attributes in found.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert set(directives) == {"default-src", "script-src", "style-src", "img-src", "base-uri", "form-action"}
    run = [data for kind, data in found.scripts if kind == ""]
    hashes = {f"'sha256-{b64encode(sha256(data.encode()).digest()).decode()}'" for data in run}
    assert set(directives["script-src"].split()) == hashes
    for tag, attributes in found.elements:
        for name in ("src", "href", "data-src", "srcset"):
            target = attributes.get(name) or "#"
            assert target.startswith(("#", "data:,")), (tag, target)


def test_the_same_run_gives_the_same_page(made: Path) -> None:
    assert page(made) == page(made)


@pytest.mark.parametrize(("omitted", "shown"), [(0, "0.0"), (None, "-")])
def test_a_run_of_one_clip_has_a_page(tmp_path: Path, omitted: int | None, shown: str) -> None:
    said = corpus(1)
    found = Reader(
        page(make_sweep(tmp_path / "run", said, {"sys/set/as_recorded": omitting(said, [omitted])}))
    )
    sections = [attributes["id"] for tag, attributes in found.elements if tag == "section"]
    assert sections == (["rates", "map", "modes", "runs"] if omitted == 0 else ["rates", "map", "runs"])
    cells = [attributes for tag, attributes in found.elements if attributes.get("class") == "n rate"]
    assert [attributes["data-v"] for attributes in cells] == ["0.0000" if omitted == 0 else ""]
    assert shown in found.text


def test_without_plotly_the_extra_is_named(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(UsageError, match=r"--html needs plotly: pip install 'asrdiag\[report\]'"):
        page(made)


def test_every_mode_has_a_colour_of_its_own_and_a_meaning() -> None:
    assert set(COLOURS) == set(MEANINGS) == set(MODES)
    assert len(set(COLOURS.values())) == len(MODES)
