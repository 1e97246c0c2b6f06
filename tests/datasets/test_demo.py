from itertools import pairwise

import jiwer
import numpy as np
import pytest
import soundfile
from whisper_normalizer.english import EnglishTextNormalizer

from asrdiag.audio import read_audio
from asrdiag.datasets import DATASETS
from asrdiag.datasets import demo as module
from asrdiag.engines import ENGINES
from asrdiag.engines.base import Clip
from asrdiag.errors import UsageError

BOOK = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age "
    "of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season "
    "of Light, it was the season of Darkness, it was the spring of hope, it was the winter of "
    "despair, we had everything before us, we had nothing before us, we were all going direct to "
    "Heaven, we were all going direct the other way— in short, the period was so far like the "
    "present period, that some of its noisiest authorities insisted on its being received, for good "
    "or for evil, in the superlative degree of comparison only."
)


@pytest.fixture(scope="module")
def spec():
    return DATASETS.load("demo")(id="demo", loader="demo")


@pytest.fixture(scope="module")
def utterances(spec):
    return spec.utterances()


def test_the_utterances_together_are_the_opening_of_the_book(utterances):
    assert " ".join(u.reference for u in utterances) == BOOK


def test_ids_speaker_and_language(utterances):
    assert [u.sample_id for u in utterances] == [f"two-cities-{n:02d}" for n in range(1, 16)]
    assert {(u.speaker, u.language, u.subset) for u in utterances} == {("two-cities-reader", "en", "")}


def test_each_utterance_begins_where_the_last_one_ended(utterances):
    for before, after in pairwise(utterances):
        assert before.offset_s + before.duration_s == pytest.approx(after.offset_s, abs=1e-9)


def level_dbfs(samples, rate_hz, start_s, end_s):
    stretch = samples[round(start_s * rate_hz) : round(end_s * rate_hz)]
    return 10 * np.log10(np.mean(np.square(stretch, dtype=np.float64)))


def test_every_cut_lies_in_a_pause(utterances):
    samples, rate_hz = soundfile.read(utterances[0].audio_path, dtype="float32")
    last = utterances[-1]
    cuts = [u.offset_s for u in utterances] + [last.offset_s + last.duration_s]
    for cut_s in cuts:
        # Speech is at -31 dBFS (median of the louder half), the room at -59.
        assert level_dbfs(samples, rate_hz, cut_s - 0.1, cut_s + 0.1) < -54


def test_what_is_left_out_holds_no_speech(utterances):
    samples, rate_hz = soundfile.read(utterances[0].audio_path, dtype="float32")
    last = utterances[-1]
    # Room noise with a few clicks of 40 ms.
    assert level_dbfs(samples, rate_hz, 0, utterances[0].offset_s) < -50
    assert level_dbfs(samples, rate_hz, last.offset_s + last.duration_s, len(samples) / rate_hz) < -50


def test_every_piece_of_audio_says_its_text(utterances):
    recognizer = ENGINES.load("moonshine")(id="moonshine-tiny", engine="moonshine").open("cpu")
    normalize = EnglishTextNormalizer()
    for u in utterances:
        samples = read_audio(u.audio_path, 16_000, offset_s=u.offset_s, duration_s=u.duration_s)
        (answer,) = recognizer.transcribe([Clip(u.sample_id, samples, 16_000)])
        # The worst has 3 errors in 7 words.
        assert jiwer.wer(normalize(u.reference), normalize(answer.text)) < 0.5, u.sample_id


def test_a_missing_recording_is_named_with_the_package(spec, monkeypatch):
    monkeypatch.setattr(module, "asset", lambda name: None)
    assert spec.missing() == "the demo recording is not installed: pip install moonshine-voice==0.1.0"
    with pytest.raises(UsageError, match="demo: the demo recording is not installed"):
        spec.utterances()


def test_it_is_not_missing_where_it_is_installed(spec):
    assert spec.missing() is None
