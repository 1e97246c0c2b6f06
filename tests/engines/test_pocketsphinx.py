from importlib import util

import numpy as np
import pytest

from asrdiag.engines.base import Clip
from asrdiag.errors import UsageError


def test_a_transcript_does_not_depend_on_those_before(pocketsphinx, demo_clips, silence):
    fresh = {clip.sample_id: pocketsphinx.open("cpu").transcribe([clip])[0].text for clip in demo_clips[5:7]}
    rng = np.random.default_rng(0)
    loud = Clip("noise", rng.normal(0, 0.2, 8_000).astype(np.float32), 16_000)
    recognizer = pocketsphinx.open("cpu")
    after = recognizer.transcribe([loud, demo_clips[6], silence, demo_clips[5], loud, demo_clips[6]])
    assert after[1].text == after[5].text == fresh["two-cities-07"]
    assert after[3].text == fresh["two-cities-06"]


def test_speech_is_recognised(pocketsphinx_open, demo_clips):
    assert pocketsphinx_open.transcribe([demo_clips[1]])[0].text == "it was the age of wisdom"


def test_silence_is_gated(pocketsphinx_open, silence):
    (answer,) = pocketsphinx_open.transcribe([silence])
    assert (answer.text, answer.details) == ("", {"gated": True, "peak_dbfs": None})


@pytest.mark.parametrize("n_samples", [1, 160, 409, 410, 800])
def test_very_short_clips_have_no_hypothesis(pocketsphinx_open, reading, n_samples):
    samples = reading[32_000 : 32_000 + n_samples]
    if n_samples == 1:
        samples = np.float32([0.5])  # nothing but a constant offset
    (answer,) = pocketsphinx_open.transcribe([Clip("short", samples, 16_000)])
    assert answer.text == ""
    assert answer.details == (
        {"gated": True, "peak_dbfs": None} if n_samples == 1 else {"no_hypothesis": True}
    )


def test_where_the_front_end_hears_nothing_the_answer_is_empty(pocketsphinx_open):
    # One sample of 40 steps of 16 bits, -64 dBFS, at the edge of the first window.
    click = np.zeros(16_000, np.float32)
    click[0] = 40 / 32_768
    (answer,) = pocketsphinx_open.transcribe([Clip("click", click, 16_000)])
    assert (answer.text, answer.details) == ("", {"no_features": True})


def test_audio_beyond_full_scale_is_clipped(pocketsphinx_open, demo_clips):
    loud = np.clip(demo_clips[1].samples * 20, -4, 4)
    clipped, beyond = pocketsphinx_open.transcribe(
        [Clip("clipped", np.clip(loud, -1, 1), 16_000), Clip("beyond", loud, 16_000)]
    )
    assert clipped == beyond


def test_its_log_stays_off_the_terminal(pocketsphinx, demo_clips, capfd):
    pocketsphinx.open("cpu").transcribe([demo_clips[1]])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "mps"])
def test_only_the_cpu(pocketsphinx, device):
    with pytest.raises(UsageError) as caught:
        pocketsphinx.open(device)
    assert str(caught.value) == f"pocketsphinx cannot use the device {device!r}; it can use: cpu"


def test_identity(pocketsphinx):
    identity = pocketsphinx.identity()
    assert identity["model"] == "pocketsphinx-en-us"
    assert identity["revision"].startswith("pocketsphinx 5.")
    assert identity["decoding"]["lw"] == 6.5


def test_a_missing_package_is_named(pocketsphinx, monkeypatch):
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    assert pocketsphinx.unavailable() == "pocketsphinx is not installed: pip install pocketsphinx"
    for action in (pocketsphinx.identity, lambda: pocketsphinx.open("cpu")):
        with pytest.raises(UsageError, match="pocketsphinx: pocketsphinx is not installed"):
            action()
