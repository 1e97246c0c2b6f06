"""A judge's meanings in comparisons: of cells that are judged whole."""

from pathlib import Path

import pytest
from judge.judge_server import JudgeServer
from judge.judged_runs import BAD, CORPUS, GOOD
from made_runs import make_run, score_run

from asrdiag.cli.main import main
from asrdiag.report.comparison_cells import Selection
from asrdiag.report.comparisons import compare_run
from asrdiag.store.folder import RunFolder


@pytest.mark.parametrize(("words", "compared"), [(["--sample", "2"], None), ([], 4)], ids=["sample", "all"])
def test_meaning_is_compared_where_every_answer_is_judged(
    tmp_path: Path, words: list[str], compared: int | None
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    score_run(make_run(run, CORPUS, {"good/set/as_recorded": GOOD, "bad/set/as_recorded": BAD}))
    with JudgeServer() as server:
        asked = ["judge", str(run), "--model", "m", "--base-url", server.url, "--progress", "none"]
        assert main([*asked, *words]) == 0
    [row, *_] = compare_run(RunFolder(run), Selection()).rows
    assert row.get("meaning_n") == compared
    if compared is not None:
        assert row["meaning_a"] == 100  # `GOOD` says what was said; four of its answers are English
