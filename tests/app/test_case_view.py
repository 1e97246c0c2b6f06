"""The open case: pictures, condition, rewards, export, and the case study that it is put into."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from explorer_runs import Runs

from asrdiag.app.data.draws import Draw, draws
from asrdiag.app.data.picture import COLUMNS, envelope, read_clip, spectrogram
from asrdiag.app.data.sound import Sound
from asrdiag.app.study.file import Entry, Study, read_study, write_study
from asrdiag.audio import write_flac

LINK = {"system": "bad", "condition": "noise"}


def drawn(at: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(at.get("bidi_component")[0].proto.json)
    return found


def press(at: Any, label: str, place: int = 0) -> None:
    [*found] = (button for button in at.button if button.label == label)
    found[place].click().run()
    assert not at.exception, at.exception


def test_a_picture_shows_every_peak_and_says_its_scales(tmp_path: Path) -> None:
    samples = np.zeros(16_000 * 60, np.float32)
    samples[123_456], samples[654_321] = 0.5, -0.25
    write_flac(tmp_path / "a.flac", samples, 16_000)
    clip = read_clip(Sound(tmp_path / "a.flac"), 16_000)
    assert len(clip.lowest) == len(clip.highest) == COLUMNS
    # Column 123456 / (960000 / 1200) = 154.3 and 654321 / 800 = 817.9.
    assert clip.highest[154] == 50.0 and clip.lowest[817] == -25.0
    assert sum(map(bool, clip.highest)) == sum(map(bool, clip.lowest)) == 1
    assert clip.peak_db == pytest.approx(-6.02, abs=0.01)
    assert (clip.duration_s, clip.top_hz) == (60.0, 8000.0)
    assert clip.spectrogram[:8] == b"\x89PNG\r\n\x1a\n" and clip.flac[:4] == b"fLaC"


@pytest.mark.parametrize("n", [0, 1, 2, 100])
def test_short_clips_and_silence_are_drawn(n: int) -> None:
    lowest, highest = envelope(np.zeros(n, np.float32))
    assert len(lowest) == len(highest) == n
    assert spectrogram(np.zeros(n, np.float32), 16_000)[:4] == b"\x89PNG"


def test_draws_are_in_words_with_their_units() -> None:
    record = {
        "kind": "scenario",
        "severity": 0.5,
        "snr_db_measured": 1.8e-5,
        "noise_sha256": "ab" * 32,
        "talker_offsets_s": [1.25, 2.0],
        "left_out": [],
        "steps": [
            {"primitive": "add_noise", "noise_db": -13.0, "noise": {"lowest_hz": 20}, "resampled": False}
        ],
    }
    assert [tuple(vars_of(draw)) for draw in draws(record)] == [
        ("", "kind", "scenario"),
        ("", "severity", "0.5"),
        ("", "SNR measured", "0 dB"),
        ("", "noise SHA-256", "abababababab…"),
        ("", "talker offsets", "1.25 s, 2 s"),
        ("", "left out", "none"),
        ("step 1: add noise", "noise", "-13 dB"),
        ("step 1: add noise", "resampled", "no"),
        ("step 1: add noise, noise", "lowest", "20 Hz"),
    ]
    assert draws(None) == draws({}) == draws("x") == []


def vars_of(draw: Draw) -> tuple[str, str, str]:
    return draw.part, draw.name, draw.value


def test_both_versions_are_drawn_and_the_link_names_the_case(explorer: Any, runs: Runs) -> None:
    data = drawn(explorer(runs.plain, page="cases", sample="u1", **LINK))
    assert [take["seconds"] for take in data["audio"]] == [3.0, 3.0]
    assert [take["top"] for take in data["audio"]] == [8000.0, 8000.0]
    assert (data["scale"]["low"], data["scale"]["high"]) == (-100.0, -20.0)
    assert data["link"] == "run=plain&system=bad&dataset=set&condition=noise&sample=u1"


def test_a_case_shows_its_condition_and_its_reward(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="cases", sample="u1", **LINK)
    values = {metric.label: metric.value for metric in at.metric}
    # 2 of 9 words: error rate 7/9, so r_wer = 2/9; r_fine = 2/(2 + 7); r_struc = (2/9 + 2/9) / 2, each 2/9.
    assert values["Error rate"] == "77.8 %" and values["del"] == "7"
    rewards = next(each.value for each in at.dataframe if "r_wer" in each.value)
    [of_bad] = rewards[rewards["system"] == "bad"].to_dict("records")
    assert {round(of_bad[name], 3) for name in ("r_wer", "r_fine", "r_struc", "reward")} == {0.222}
    assert any("SNR 5 dB" in each.value for each in at.markdown)
    at = explorer(runs.plain, page="cases", sample="u4", **LINK)
    rewarded = [each.value for each in at.dataframe if "r_wer" in each.value]
    assert all("bad" not in set(each["system"]) for each in rewarded)  # there is no answer to reward


def test_a_case_is_put_into_the_study_and_taken_out(explorer: Any, copy: Path) -> None:
    at = explorer(copy, page="cases", sample="u1", **LINK)
    press(at, "Add to case study")
    path = copy.parent / "copy.cases.yaml"
    assert read_study(path).cases == (Entry("bad", "set", "noise", "u1"),)
    press(at, "Take out of case study")
    assert read_study(path).cases == ()


def test_a_study_is_ordered_written_and_opened_from(explorer: Any, copy: Path) -> None:
    path = copy.parent / "copy.cases.yaml"
    first, second, gone = (Entry("bad", "set", "noise", name) for name in ("u1", "z1", "gone"))
    write_study(path, Study("Old", "", (first, second, gone)))
    at = explorer(copy, page="study")
    assert [each.value for each in at.subheader] == ["1 · u1 · bad", "2 · z1 · bad", "3 · gone · bad"]
    assert "no sample 'gone'" in at.warning[0].value.replace("\\", "")
    press(at, "Remove", 2)
    press(at, "Down")
    assert read_study(path).cases == (second, first)
    next(field for field in at.text_input if field.label == "Title").set_value("New: *x*").run()
    next(field for field in at.text_area if field.label == "Note").set_value("a\n<b>").run()
    study = read_study(path)
    assert study.title == "New: *x*" and [entry.note for entry in study.cases] == ["a\n<b>", ""]
    press(at, "Open", 1)
    assert "sample=u1" in str(at.query_params) or at.query_params["sample"] == "u1"


def test_an_empty_study_says_what_to_do_and_a_damaged_one_is_left_alone(explorer: Any, copy: Path) -> None:
    at = explorer(copy, page="study")
    assert "No case has been chosen" in at.info[0].value
    path = copy.parent / "copy.cases.yaml"
    path.write_text("cases:\n- u1\n")
    at = explorer(copy, page="study")
    assert "expected a case" in at.error[0].value.replace("\\", "") and not at.text_area
    at = explorer(copy, page="cases", sample="u1", **LINK)
    assert any("cannot be used" in each.value for each in at.warning)
    assert path.read_text() == "cases:\n- u1\n"


def test_a_second_study_has_a_file_of_its_own(explorer: Any, copy: Path) -> None:
    at = explorer(copy, page="cases", sample="u1", study="talk", **LINK)
    press(at, "Add to case study")
    assert len(read_study(copy.parent / "copy.talk.cases.yaml").cases) == 1
    at = explorer(copy, page="study", study="../../x")
    assert "No case has been chosen" in at.info[0].value  # of the first
    assert not (copy.parent / "copy.cases.yaml").exists()
