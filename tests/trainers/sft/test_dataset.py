"""A clip that is no longer what it was when all rows were looked at stops the training."""

import json

import numpy as np
import pytest
import soundfile

from asrdiag.audio import sha256_of, to_pcm16_grid
from asrdiag.errors import AsrdiagError
from asrdiag.trainers.data.clips import Limits as ClipLimits
from asrdiag.trainers.learning.model_recipe import Limits
from asrdiag.trainers.learning.pool import open_pool
from asrdiag.trainers.progress import make_display
from asrdiag.trainers.sft.dataset import StageDataset

RATE = 16_000


def looked_at(rows, family):
    return open_pool(rows, family, Limits(max_characters_per_s=100), None, make_display("none"))


def test_a_clip_that_cannot_be_used_any_more(place, opened):
    family = opened("moonshine")
    pool = looked_at(place / "train.jsonl", family)
    try:
        dataset = StageDataset(pool, np.array([3]), family, ClipLimits(max_duration_s=0.2))
        with pytest.raises(AsrdiagError, match="c3: could be trained on when the training began"):
            dataset[0]
    finally:
        pool.rows.close()


def test_a_clip_that_was_changed_under_its_name(opened, tmp_path):
    speech = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    soundfile.write(tmp_path / "same.wav", speech, RATE, subtype="FLOAT")
    on_record = {"audio_sha256": sha256_of(to_pcm16_grid(speech), RATE)}  # as `train data` does
    row = {"id": "same", "audios": ["same.wav"], "solution": "go on", "meta": on_record}
    (tmp_path / "rows.jsonl").write_text(f"{json.dumps(row)}\n", encoding="utf-8")
    family = opened("moonshine")
    pool = looked_at(tmp_path / "rows.jsonl", family)
    try:
        dataset = StageDataset(pool, np.array([0]), family, ClipLimits())
        assert dataset[0]
        soundfile.write(tmp_path / "same.wav", speech / 2, RATE, subtype="FLOAT")
        with pytest.raises(
            AsrdiagError, match=r"same: could be trained on when .* changed_audio: .*same\.wav"
        ):
            dataset[0]
    finally:
        pool.rows.close()
