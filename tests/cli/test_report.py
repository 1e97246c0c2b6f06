"""`asrdiag report`: the terminal's tables, the page, and what it refuses."""

import re
from pathlib import Path

import pytest
from conftest import Command
from made_runs import make_run
from made_sweeps import corpus, make_sweep, omitting
from pages import DOCS

pytest.importorskip("plotly", reason="plotly is not installed: pip install 'asrdiag[report]'")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    said = corpus(6)
    cells = {
        "sys/set/as_recorded": omitting(said, [0, 1]),
        "sys/set/echo.m050": omitting(said, [4, 5]),
    }
    return make_sweep(tmp_path / "made", said, cells)


def test_the_terminal_shows_changes(asrdiag: Command, made: Path) -> None:
    ended = asrdiag("report", made)
    assert ended.returncode == 0, ended.stderr
    # (4 + 5) / 20 against (0 + 1) / 20.
    assert "45.0" in ended.stdout and "▲ +40.0" in ended.stdout
    assert not (made / "report.html").exists()


def test_the_page_is_written_beside_the_run_or_where_it_is_asked_for(asrdiag: Command, made: Path) -> None:
    beside = asrdiag("report", made, "--html")
    assert beside.returncode == 0, beside.stderr
    assert beside.stdout == f"report: {made / 'report.html'}\n"
    text = (made / "report.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>") and text.endswith("</html>\n")
    elsewhere = asrdiag("report", made, "--html", "pages/mine.html")
    assert elsewhere.stdout == "report: pages/mine.html\n"
    assert (asrdiag.folder / "pages" / "mine.html").read_text(encoding="utf-8") == text
    assert asrdiag("report", made, "--html", "-").stdout == text


def test_the_example_of_the_documentation(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.rename(made.parent / "quickstart")
    (made.parent / "runs").mkdir()
    (made.parent / "quickstart").rename(made.parent / "runs" / "quickstart")
    monkeypatch.chdir(made.parent)
    found: list[str] = []
    [code] = re.findall(r"^```python\n(.*?)^```", (DOCS / "report.md").read_text(), re.DOTALL | re.MULTILINE)
    exec(
        compile(code, "report.md", "exec"), {"print": lambda *words: found.append(" ".join(map(str, words)))}
    )
    assert found == ["sys echo.m050 40.0 6"]


def test_published_rows_need_a_benchmark(asrdiag: Command, made: Path) -> None:
    ended = asrdiag("report", made, "--html", "--published")
    assert ended.returncode == 0, ended.stderr
    assert ">published<" not in (made / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["made", "--published"], "--published is for --html"),
        (["--html", "made"], "no RUN is given; it stands before --html"),
        (["made", "--html", "made"], "--html made: this is a folder, expected a file"),
        (["made", "--html", "made/run.json"], "this is part of the run"),
        (["unscored"], "no cell is scored yet; `asrdiag score unscored` scores what there is"),
    ],
)
def test_bad_usage_is_told_and_writes_nothing(
    asrdiag: Command, made: Path, words: list[str], message: str
) -> None:
    said = corpus(1)
    make_run(asrdiag.folder / "unscored", said, {"sys/set/as_recorded": omitting(said, [0])})
    ended = asrdiag("report", *words)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (made / "report.html").exists()


def test_without_plotly_the_extra_is_named(asrdiag: Command, made: Path) -> None:
    (asrdiag.folder / "plotly.py").write_text("raise ImportError('not installed')")
    ended = asrdiag("report", made, "--html", PYTHONPATH=str(asrdiag.folder))
    assert ended.returncode == 2
    assert "--html needs plotly: pip install 'asrdiag[report]'" in ended.stderr
    assert asrdiag("report", made, PYTHONPATH=str(asrdiag.folder)).returncode == 0
