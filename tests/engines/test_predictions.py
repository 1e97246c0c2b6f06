"""Transcripts of somebody else, through a whole run: with their audio, without it, and under conditions."""

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Command
from run_files import leaderboard, records

from asrdiag.engines import ENGINES
from asrdiag.errors import UsageError
from asrdiag.simulation.as_recorded import AsRecordedSpec
from asrdiag.simulation.dropout import DropoutSpec
from asrdiag.suite.load import load_suite

REAL = Path(os.environ.get("ASRDIAG_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "vitw"
DROPOUT = {"id": "dropout", "kind": "dropout", "severity": [0.5]}
[RECORDED] = AsRecordedSpec(id="as_recorded", kind="as_recorded").expand()
[DROPPED] = DropoutSpec(id="dropout", kind="dropout", severity=0.5).expand()


def system(path: Any, **keys: Any) -> Any:
    return ENGINES.load("predictions")(id="theirs", engine="predictions", path=path, **keys)


def entry(path: Any, **keys: Any) -> list[dict[str, Any]]:
    return [{"id": "theirs", "engine": "predictions", "path": path, **keys}]


def write_trn(path: Path, utterances: Any) -> None:
    path.write_text("".join(f"{u.reference.upper()} ({u.sample_id})\n" for u in utterances))


def shown() -> list[str]:
    """The YAML of the documentation's section."""
    page = (Path(__file__).parents[2] / "docs" / "engines.md").read_text()
    section = page.split("## predictions", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```yaml\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)


def test_the_pages_suite_scores_a_run_of_ours_again_with_the_same_numbers(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    ran = asrdiag("run", suite("quickstart"), "--limit", 3)
    assert ran.returncode == 0, ran.stderr
    (tmp_path / "again.yaml").write_text(shown()[1])
    again = asrdiag("run", "again.yaml", "--limit", 3)
    assert again.returncode == 0, again.stderr
    [ours], [theirs] = (leaderboard(tmp_path / "runs" / name) for name in ("quickstart", "again"))
    differing = {name for name in ours if ours[name] != theirs[name]}
    assert differing == {"run_id", "system", "model_id", "model_revision", "rtfx"}
    assert theirs["rtfx"] == ""
    assert theirs["model_id"] == "again"
    assert theirs["model_revision"].startswith("sha256:")
    first = min(records(tmp_path / "runs/again", "again/demo/as_recorded"), key=lambda r: r["sample_id"])
    assert first["details"]["file"] == "samples.jsonl"
    assert first["audio"] == {"duration_s": 3.73, "kept": None}
    assert "sha256" not in first["source"]


def test_a_run_resumes_and_a_changed_file_is_read_anew(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path, utterances: Any
) -> None:
    write_trn(tmp_path / "hyp.trn", utterances[:-1])
    path = suite(systems=entry("hyp.trn", model="acme/asr"))
    first = asrdiag("run", path)
    assert first.returncode == 1, first.stderr
    lacks = f"{tmp_path}/hyp.trn: no hypothesis for 1 utterance of 'demo', counted as failed: 'two-cities-15'"
    assert lacks in first.stderr
    assert "1 of 15 clips failed" in first.stderr
    [row] = leaderboard(tmp_path / "runs/small")
    assert (row["n_expected"], row["n_scored"], row["n_failed"], row["error_rate_pct"]) == (
        *("15", "14", "1"),
        "0",
    )
    found = records(tmp_path / "runs/small", "theirs/demo/as_recorded")
    [last] = [record for record in found if record["sample_id"] == "two-cities-15"]
    assert last["hypothesis_raw"] is None
    assert last["error"] == {
        "stage": "transcribe",
        "type": "SampleError",
        "message": f"two-cities-15: {tmp_path}/hyp.trn has no hypothesis of this utterance",
    }
    assert last["attempts"] == 1
    checked = asrdiag("validate", path)
    assert (checked.returncode, f"problem: {lacks}" in checked.stdout) == (1, True)
    write_trn(tmp_path / "hyp.trn", utterances)
    second = asrdiag("run", path)
    assert second.returncode == 0, second.stderr
    assert "run anew, since this changed: system.revision" in second.stderr
    [row] = leaderboard(tmp_path / "runs/small")
    assert (row["n_scored"], row["complete"], row["model_id"]) == ("15", "true", "acme/asr")


def test_a_degrading_condition_needs_a_file_of_its_own(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path, utterances: Any
) -> None:
    write_trn(tmp_path / "hyp.trn", utterances)
    (tmp_path / "hyp5.jsonl").write_text(
        "".join(
            json.dumps({"id": u.sample_id, "text": u.reference.split(" ", 1)[1]}) + "\n" for u in utterances
        )
    )
    conditions = [{"id": "as_recorded", "kind": "as_recorded"}, DROPOUT]
    refused = asrdiag("run", suite(systems=entry("hyp.trn"), conditions=conditions))
    assert refused.returncode == 2
    assert (
        "system 'theirs': no transcripts of 'demo' under 'dropout.m050', which degrades the audio"
        in refused.stderr
    )
    path = suite(systems=entry({"demo": "hyp.trn", "demo/dropout.m050": "hyp5.jsonl"}), conditions=conditions)
    ran = asrdiag("run", path)
    assert ran.returncode == 0, ran.stderr
    rows = {row["condition"]: row for row in leaderboard(tmp_path / "runs/small")}
    assert rows["as_recorded"]["error_rate_pct"] == "0"
    assert rows["dropout.m050"]["deletions"] == "15"  # the first word of each of 15 utterances
    # The audio that they heard is not ours to keep.
    assert not list((tmp_path / "runs/small").glob("audio/*"))
    assert records(tmp_path / "runs/small", "theirs/demo/dropout.m050")[0]["degradation"] == {}
    compared = asrdiag("report", "runs/small")
    assert compared.returncode == 0, compared.stderr


def test_audio_that_is_gone_fails_nothing(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    rows = [{"audio": f"gone/{n}.wav", "text": f"number {n}"} for n in ("one", "two")]
    (tmp_path / "list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "hyp.csv").write_text("file,text\none.wav,number one\ntwo.wav,number too\n")
    datasets = [{"id": "mine", "loader": "manifest", "path": "list.jsonl"}]
    path = suite(systems=entry("hyp.csv"), datasets=datasets)
    looked_at = asrdiag("run", path, "--dry-run")
    assert (looked_at.returncode, "missing" in looked_at.stdout) == (0, False)
    ran = asrdiag("run", path)
    assert ran.returncode == 0, ran.stderr
    [row] = leaderboard(tmp_path / "runs/small")
    # Two utterances of two words each, one of them wrong.
    assert (row["error_rate_pct"], row["n_scored"], row["audio_hours"], row["rtfx"]) == ("25", "2", "", "")
    assert "nothing to do" in asrdiag("run", path).stdout


def test_the_benchmarks_own_records_with_predictions(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    if not REAL.is_dir():
        pytest.skip(f"no Voices-in-the-Wild clips at {REAL}: set ASRDIAG_TEST_DATA to the folder of vitw/")
    root = tmp_path / "vitw"
    shutil.copytree(REAL / "examples", root / "examples")
    shutil.copy(REAL / "examples.jsonl", root)
    found = [json.loads(line) for line in (REAL / "examples.jsonl").read_text().splitlines()]
    words = sum(len(row["answer"].split()) for row in found)
    for row in found:
        row["prediction"] = " ".join(row["answer"].split()[:-1])
    (tmp_path / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in found))
    datasets = [{"id": "vitw", "loader": "vitw_bench", "root": str(root), "allow_missing": 4992}]
    systems = entry("predictions.jsonl", format="vitw")
    ran = asrdiag("run", suite(systems=systems, datasets=datasets))
    assert ran.returncode == 0, ran.stderr
    rows = [
        row
        for row in leaderboard(tmp_path / "runs/small")
        if not row["aggregate"] and row["source"] == "measured" and row["n_scored"] not in ("", "0")
    ]
    total = {
        name: sum(float(row[name]) for row in rows)
        for name in ("n_scored", "deletions", "ref_tokens", "audio_hours")
    }
    # Every prediction lacks the last word of its sentence.
    assert (total["n_scored"], total["deletions"]) == (len(found), len(found))
    assert total["ref_tokens"] == pytest.approx(words, abs=len(found))  # contractions are taken apart
    assert total["audio_hours"] > 0


def test_a_file_for_each_cell_by_a_pattern(tmp_path: Path) -> None:
    theirs = system(tmp_path / "{dataset}" / "{condition}.trn")
    with pytest.raises(UsageError, match=r"demo/dropout\.m050\.trn: cannot be read"):
        theirs.given("demo", (), DROPPED)
    assert theirs.identity_of("demo", DROPPED)["revision"] == "no file"
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "dropout.m050.trn").write_text("one (a)\n")
    # `printf 'one (a)\n' | sha256sum`
    assert str(theirs.identity_of("demo", DROPPED)["revision"]).startswith("sha256:")
    assert theirs.identity_of("demo", RECORDED)["revision"] == "no file"


def test_datasets_without_a_file_are_named(tmp_path: Path) -> None:
    theirs = system({"demo": tmp_path / "a.trn", "other/dropout": tmp_path / "b.trn"})
    message = "no transcripts for the dataset 'third' under 'as_recorded'; `path` has: demo, other/dropout"
    with pytest.raises(UsageError, match=message):
        theirs.given("third", (), RECORDED)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("hyps/{system}.trn", "found {system} in"),
        ({}, "expected at least one entry"),
        ({"Demo": "a.trn"}, "expected lower-case letters"),
        (5, "found 5, expected"),
    ],
)
def test_paths_that_mean_nothing_are_refused(suite: Callable[..., Path], path: Any, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        load_suite(suite(systems=entry(path)))
