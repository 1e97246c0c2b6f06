"""From the demo reading to training rows, on the embedded recogniser; and from a run of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from asrdiag.audio import read_audio, sha256_of
from asrdiag.cli.main import main
from asrdiag.metrics import score_utterance
from asrdiag.trainers.data.clips import read_clip
from asrdiag.trainers.data.rows import RowFile

from .conftest import read_lines

SCENARIOS = ["far_field", "dropout"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Three clips simulated under two scenarios, and graded as they are and clean: nine clips heard."""
    folder = tmp_path_factory.mktemp("worked")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        simulate = ["simulate", "demo", "--out", "noisy", "--limit", "3", "--severity", "0.2"]
        assert main([*simulate, "--scenarios", *SCENARIOS, "--progress", "none", "--workers", "1"]) == 0
        recipe = {
            "step": "data",
            "name": "worked",
            "inputs": [{"corpus": "noisy", "clean": True}],
            "base": "moonshine-tiny",
            "bins": [0.5, 1.0, 10.0],
            "split": {"disjoint": ["text"], "validation": 0.34},
        }
        (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
        train = ["train", "data", "recipe.yaml", "--progress", "none", "--workers", "1"]
        assert main(train) == 0
        yield folder


def all_rows(out: Path) -> list[Any]:
    return [row for part in ("train", "validation") for row in RowFile(out / f"{part}.jsonl")]


def test_a_simulated_corpus_is_graded_by_the_base_system(folder: Path) -> None:
    out = folder / "training" / "worked"
    rows = all_rows(out)
    clips = [f"two-cities-{number:02}" for number in (1, 2, 3)]
    assert {row.id for row in rows} == {
        *clips,
        *(f"{clip}+{name}.m020" for clip in clips for name in SCENARIOS),
    }
    manifest = {row["id"]: row for row in read_lines(folder / "noisy" / "manifest.jsonl")}
    for row in rows:
        assert row.prediction is not None
        rate = score_utterance(row.solution, row.prediction).error_rate
        assert rate is not None and row.base_wer == round(rate, 6)
        samples = read_clip(row.audio, 16000)
        assert sha256_of(samples, 16000) == row.meta["audio_sha256"]
        assert row.duration_s == round(len(samples) / 16000, 6)
        if row.clean:
            assert (row.severity, row.meta["condition"]) == (None, None)
            # A stretch of the reading, cut out: the samples that were degraded, rounded to 16 bits.
            assert row.audio.parent.parent == out / "audio"
            assert row.meta["source"]["sha256"] in {
                each["simulation"]["source"]["sha256"] for each in manifest.values()
            }
        else:
            made = manifest[row.id]["simulation"]
            assert (row.scenario, row.severity) == (made["degradation"]["scenario"], 0.2)
            assert (row.meta["condition"], row.meta["seed"]) == (made["condition"], 0)
            assert row.audio == folder / "noisy" / manifest[row.id]["audio"]
            assert row.meta["source"]["sha256"] == made["source"]["sha256"]


def test_the_data_says_what_it_is_made_from(folder: Path) -> None:
    record = json.loads((folder / "training" / "worked" / "data.json").read_text())
    [base] = record["base"]
    assert (base["id"], base["model"]) == ("moonshine-tiny", "moonshine-tiny")
    assert list(record["identity"]["inputs"]) == [str(folder / "noisy" / "manifest.jsonl")]
    assert record["identity"]["recipe"]["bins"] == [0.5, 1.0, 10.0]
    assert record["split"]["groups"] == 3 and record["counts"][0]["part"] == "train"


def test_fresh_keeps_what_the_base_system_answered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    out = folder / "training" / "worked"
    samples = out / "base/cells/moonshine-tiny/clips/as-recorded/samples.jsonl"
    answered = {(row["sample_id"], row["completed_at"]) for row in read_lines(samples)}
    before = (out / "train.jsonl").read_bytes()
    assert main(["train", "data", "recipe.yaml", "--fresh", "--progress", "none"]) == 0
    assert {(row["sample_id"], row["completed_at"]) for row in read_lines(samples)} == answered
    assert (out / "train.jsonl").read_bytes() == before


@pytest.fixture(scope="module")
def run(folder: Path) -> Path:
    """A run that kept no audio: the reading as it is and in babble, and the simulated corpus."""
    suite = {
        "name": "heard",
        "include": ["systems.yaml"],
        "systems": ["moonshine-tiny"],
        "datasets": [
            {"id": "demo", "loader": "demo"},
            {"id": "noisy", "loader": "manifest", "path": "noisy/manifest.jsonl"},
        ],
        "conditions": [
            {"id": "as-recorded", "kind": "as_recorded"},
            {"id": "babble", "kind": "additive_noise", "noise": "babble", "snr_db": [10]},
        ],
        "matrix": [{"datasets": ["demo"]}, {"datasets": ["noisy"], "conditions": ["as-recorded"]}],
        "report": {"save_audio": "none"},
    }
    (folder / "suite.yaml").write_text(yaml.safe_dump(suite))
    words = ["run", str(folder / "suite.yaml"), "--out", str(folder / "run"), "--limit", "2"]
    assert main([*words, "--progress", "none", "--workers", "1"]) == 0
    return folder / "run"


def test_a_run_is_graded_by_its_own_answers_and_clips_are_made_again(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = {
        "step": "data",
        "name": "of-a-run",
        "inputs": [{"run": str(run)}],
        "bins": [0.5, 1.0, 10.0],
        "split": {"disjoint": ["text"], "validation": 0.5},
    }
    Path("recipe.yaml").write_text(yaml.safe_dump(recipe))
    assert main(["train", "data", "recipe.yaml", "--out", "out", "--progress", "none"]) == 0
    found = {row.id: row for row in all_rows(tmp_path / "out")}
    clips = ["demo/two-cities-01", "demo/two-cities-02"]
    simulated = [f"noisy/two-cities-01+{name}.m020" for name in SCENARIOS]
    assert found.keys() == {*clips, *(f"{clip}+babble.snr10" for clip in clips), *simulated}
    assert [found[clips[0]].scenario, found[f"{clips[0]}+babble.snr10"].scenario] == ["clean", "babble"]
    of_run = {
        (record["condition"], record["sample_id"]): record
        for path in run.glob("cells/moonshine-tiny/*/*/samples.jsonl")
        for record in read_lines(path)
    }
    for clip in clips:
        record = of_run["babble.snr10", clip.removeprefix("demo/")]
        row = found[f"{clip}+babble.snr10"]
        # Babble draws on the whole reading, and what comes out again is what was heard, bit for bit.
        assert sha256_of(read_audio(row.audio, 16000), 16000) == record["audio"]["sha256"]
        assert row.prediction == record["hypothesis_raw"]
    # What a simulated clip was made of stands in the manifest that the run's suite names.
    sources = [
        row["simulation"]["source"]["sha256"] for row in read_lines(run.parent / "noisy/manifest.jsonl")
    ]
    assert [found[name].meta["source"]["sha256"] for name in simulated] == sources[:2]
    assert [found[name].scenario for name in simulated] == SCENARIOS


def test_clips_that_cannot_be_made_again_are_dropped_and_told(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    changed = tmp_path / "run"
    changed.mkdir()
    for path in run.iterdir():
        (changed / path.name).symlink_to(path)
    (changed / "suite.resolved.yaml").unlink()
    text = (run / "suite.resolved.yaml").read_text().replace("seed: 0", "seed: 1")
    (changed / "suite.resolved.yaml").write_text(text)
    given = {"run": str(changed), "only_conditions": ["babble.snr10"]}
    recipe = {"step": "data", "name": "x", "inputs": [given], "bins": [10.0], "split": {"disjoint": ["text"]}}
    Path("recipe.yaml").write_text(yaml.safe_dump(recipe))
    assert main(["train", "data", "recipe.yaml", "--out", "out", "--progress", "none"]) == 2
    assert "no row is left to split" in capsys.readouterr().err
    dropped = read_lines(tmp_path / "out" / "dropped.jsonl")
    assert [row["reason"] for row in dropped] == ["not_reproducible"] * 2
    assert "other audio came out than the system heard" in dropped[0]["detail"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"system": "pocketsphinx"}, "unknown system 'pocketsphinx'; known: moonshine-tiny"),
        ({"only_datasets": ["demos"]}, "unknown dataset 'demos' (did you mean 'demo'?)"),
        ({"only_conditions": ["babble"]}, "unknown condition 'babble' (did you mean 'babble.snr10'?)"),
    ],
)
def test_what_a_run_does_not_have_is_told(
    run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: dict[str, Any],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = {"step": "data", "name": "x", "inputs": [{"run": str(run), **given}]}
    Path("recipe.yaml").write_text(yaml.safe_dump(recipe))
    assert main(["train", "data", "recipe.yaml", "--progress", "none"]) == 2
    assert message in capsys.readouterr().err
