"""Bad rows are never trained on: each is counted and listed with its reason, and too many stop everything."""

import json
from collections import Counter

import numpy as np
import pytest
import soundfile

from asrdiag.audio import sha256_of, to_pcm16_grid
from asrdiag.errors import UsageError
from asrdiag.trainers.learning.model_recipe import Limits
from asrdiag.trainers.learning.pool import open_pool
from asrdiag.trainers.progress import make_display

RATE = 16_000

BAD = {
    "gone": ("missing_audio", {"audios": ["gone.wav"]}),
    "nan": ("nan_audio", {"audios": ["nan.wav"]}),
    "silent": ("silent_audio", {"audios": ["silent.wav"]}),
    "long": ("too_long", {"audios": ["long.wav"]}),
    "short": ("too_short", {"audios": ["short.wav"]}),
    "broken": ("unreadable_audio", {"audios": ["broken.wav"]}),
    "unsaid": ("empty_solution", {"solution": "  "}),
    "german": ("wrong_language", {"language": "de"}),
    "chatter": ("too_much_text", {"solution": "so much text " * 8}),
    "tokens": ("too_long_for_the_model", {"audios": ["five.wav"], "solution": "a" * 195}),
    "two": ("several_audios", {"audios": ["fine.wav", "fine.wav"]}),
    "half": ("bad_value", {"solution": "go \ud800 on"}),
    "half \ud800": ("bad_value", {}),
    "nowhere": ("missing_audio", {"audios": ["half \ud800.wav"]}),
    "fine": ("duplicate_id", {}),
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """One row that can be used, then one for each thing that can be wrong, then a line that is no row."""
    folder = tmp_path_factory.mktemp("bad")
    speech = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)
    holed = speech.copy()
    holed[100] = np.nan
    clips = {"fine": speech, "nan": holed, "silent": np.zeros_like(speech), "short": speech[:800]}
    clips["five"] = np.tile(speech, 3)[: 5 * RATE]
    for name, samples in clips.items():
        soundfile.write(folder / f"{name}.wav", samples, RATE, subtype="FLOAT")
    # Forty minutes by its header; nothing of it is decoded.
    soundfile.write(folder / "long.wav", np.zeros(40 * 60 * 100, np.int16), 100)
    (folder / "broken.wav").write_bytes(b"RIFF, and then nothing")
    found = [{"id": "fine"}] + [{"id": name, **changes} for name, (_, changes) in BAD.items()]
    lines = [json.dumps({"audios": ["fine.wav"], "solution": "fine words", **row}) for row in found]
    (folder / "rows.jsonl").write_text("\n".join([*lines, "{torn"]) + "\n", encoding="utf-8")
    return folder / "rows.jsonl"


def opened(rows, family, listing=None, **limits):
    return open_pool(rows, family, Limits(**limits), listing, make_display("none"))


def test_each_bad_row_is_listed_with_its_reason(rows, family, tmp_path):
    pool = opened(rows, family, tmp_path / "skipped.jsonl", max_skipped_share=0.95)
    try:
        assert [row.id for row in map(pool.__getitem__, range(len(pool)))] == ["fine"]
        expected = {name: reason for name, (reason, _) in BAD.items()} | {None: "not_json"}
        listed = [json.loads(line) for line in (tmp_path / "skipped.jsonl").read_text().splitlines()]
        assert {each["id"]: each["reason"] for each in listed} == expected
        assert pool.skipped == Counter(expected.values())
        assert pool.known.duration_s.tolist() == [2.0]
        [long] = [each for each in listed if each["id"] == "long"]
        assert "2400.0 s, expected at most 30 s" in long["detail"]
        assert long["where"] == f"{rows}:{2 + list(BAD).index('long')}"
    finally:
        pool.rows.close()


def test_too_many_bad_rows_stop_everything(rows, family, tmp_path):
    with pytest.raises(UsageError) as caught:
        opened(rows, family, tmp_path / "skipped.jsonl")
    said = str(caught.value)
    assert "16 of 17 rows cannot be trained on" in said
    assert "2 missing_audio" in said
    assert f"expected at most 5 % (limits.max_skipped_share); all are in {tmp_path / 'skipped.jsonl'}" in said


def test_a_clip_that_was_changed_under_its_name_after_grading_is_refused(family, tmp_path):
    speech = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    on_record = sha256_of(to_pcm16_grid(speech), RATE)  # as `train data` does
    for name, samples, rate in (
        ("same", speech, RATE),
        ("other", speech[::-1], RATE),
        ("slow", speech, 8000),
    ):
        soundfile.write(tmp_path / f"{name}.wav", samples, rate, subtype="FLOAT")
    soundfile.write(tmp_path / "lossy.ogg", speech, RATE)
    rows = [
        {"id": path.stem, "audios": [path.name], "solution": "go on", "meta": {"audio_sha256": on_record}}
        for path in sorted([*tmp_path.glob("*.wav"), *tmp_path.glob("*.ogg")])
    ]
    (tmp_path / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    pool = opened(tmp_path / "rows.jsonl", family, tmp_path / "skipped.jsonl", max_skipped_share=0.5)
    try:
        # Other machines may decode and resample otherwise: of such audio nothing can be told.
        assert [row.id for row in pool] == ["lossy", "same", "slow"]
        [refused] = map(json.loads, (tmp_path / "skipped.jsonl").read_text().splitlines())
        assert (refused["id"], refused["reason"]) == ("other", "changed_audio")
    finally:
        pool.rows.close()
