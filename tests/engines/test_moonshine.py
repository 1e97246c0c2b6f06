import random
import subprocess
import sys

import jiwer
import numpy as np
import onnxruntime
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

from asrdiag.audio import read_audio
from asrdiag.engines import moonshine as module
from asrdiag.engines import moonshine_files, moonshine_graph
from asrdiag.engines.base import Clip
from asrdiag.errors import UsageError

NORMALIZE = EnglishTextNormalizer()


def wer(references, transcripts):
    return jiwer.wer(list(map(NORMALIZE, references)), [NORMALIZE(t.text) for t in transcripts])


def test_demo_reading_is_recognised(moonshine_open, demo_clips, demo_utterances):
    transcripts = moonshine_open.transcribe(demo_clips)
    # 9 errors in 119 words when this was written, 7.6 %.
    assert wer([u.reference for u in demo_utterances], transcripts) < 0.10
    assert transcripts[1].text == "It was the age of wisdom,"
    assert transcripts[1].details == {"n_tokens": 7, "n_chunks": 1}


def test_noizeus_clean_is_where_others_measured_it(moonshine_open, noizeus):
    rows = [line.split("\t") for line in (noizeus / "transcripts.tsv").read_text().splitlines()]
    clips = [Clip(name, read_audio(noizeus / "clean" / f"{name}.wav", 16_000), 16_000) for name, _ in rows]
    # 24 errors in 242 words with an independent decoding loop: 9.92 %.
    assert 0.08 <= wer([text for _, text in rows], moonshine_open.transcribe(clips)) <= 0.12


def test_transcripts_do_not_depend_on_batch_or_order(moonshine_open, demo_clips):
    one_by_one = {clip.sample_id: moonshine_open.transcribe([clip])[0] for clip in demo_clips}
    shuffled = random.Random(0).sample(demo_clips, len(demo_clips))
    together = moonshine_open.transcribe(shuffled)
    assert {clip.sample_id: t for clip, t in zip(shuffled, together, strict=True)} == one_by_one


def test_silence_is_gated(moonshine_open, silence):
    rng = np.random.default_rng(0)
    dither = (rng.integers(-1, 2, 16_000) / 32_768).astype(np.float32)
    nothing, constant = np.zeros(0, np.float32), np.full(16_000, 0.25, np.float32)
    clips = [silence, *(Clip("quiet", samples, 16_000) for samples in (dither, nothing, constant))]
    answers = moonshine_open.transcribe(clips)
    assert [answer.text for answer in answers] == [""] * 4
    assert answers[0].details == {"gated": True, "peak_dbfs": None}
    # One step of 16 bits: 20 log10(1 / 32768) = -90.3.
    assert answers[1].details == {"gated": True, "peak_dbfs": -90.3}
    assert answers[2].details == answers[3].details == answers[0].details


def test_ten_milliseconds_are_answered(moonshine_open, reading):
    (answer,) = moonshine_open.transcribe([Clip("short", reading[32_000:32_160], 16_000)])
    assert "gated" not in answer.details
    # ceil(6.5 * 0.01) + 8 = 9
    assert answer.details["n_tokens"] <= 9


def test_a_minute_is_cut_at_pauses(moonshine_open, reading, demo_utterances):
    minute = np.concatenate([reading, reading[: 60 * 16_000 - len(reading)]])
    (answer,) = moonshine_open.transcribe([Clip("minute", minute, 16_000)])
    assert answer.details["n_chunks"] == 3
    text = " ".join(u.reference for u in demo_utterances)
    # The second time the reading breaks off after 15.6 s, in the middle of the seventh utterance.
    again = " ".join(u.reference for u in demo_utterances[:7])
    assert wer([f"{text} {again}"], [answer]) < 0.10


def test_silent_chunks_of_a_long_clip_are_gated(moonshine_open, demo_clips):
    pause = np.zeros(40 * 16_000, np.float32)
    samples = np.concatenate([demo_clips[1].samples, pause, demo_clips[7].samples])
    (answer,) = moonshine_open.transcribe([Clip("pause", samples, 16_000)])
    assert answer.text.startswith("It was the age of wisdom")
    assert answer.text.endswith("spring of hope.")
    assert answer.details["n_chunks"] - answer.details["n_gated_chunks"] == 2


def test_a_transcript_without_an_end_is_marked(moonshine_open, demo_clips, monkeypatch):
    monkeypatch.setattr(moonshine_graph, "token_limit", lambda n_samples: 3)
    (answer,) = moonshine_open.transcribe([demo_clips[1]])
    assert answer.text == "It was the"
    assert answer.details == {"n_tokens": 3, "n_chunks": 1, "truncated": True}


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps", "gpu", "cuda:x", ""])
def test_devices_it_cannot_use_are_refused(moonshine, monkeypatch, device):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(UsageError) as caught:
        moonshine.open(device)
    assert str(caught.value) == (
        f"moonshine-tiny cannot use the device {device!r}; it can use: cpu; "
        "cuda needs onnxruntime-gpu in place of onnxruntime"
    )


def test_with_cuda_the_message_lists_it(moonshine, monkeypatch):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    with pytest.raises(UsageError, match=r"cannot use the device 'mps'; it can use: cpu, cuda, cuda:N$"):
        moonshine.open("mps")


def test_a_silent_fallback_to_the_cpu_is_refused(moonshine, monkeypatch):
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has CUDA, so it need not fall back")
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    with (
        pytest.warns(UserWarning, match="CUDAExecutionProvider"),
        pytest.raises(UsageError, match="could not start CUDAExecutionProvider on it"),
    ):
        moonshine.open("cuda")


def test_identity_names_all_that_changes_a_transcript(moonshine):
    identity = moonshine.identity()
    assert identity["model"] == "moonshine-tiny"
    assert identity["revision"] == "moonshine-voice 0.1.0"
    assert set(identity["files"]) == {"encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"}
    assert identity["files"]["tokenizer.bin"].startswith("6884b35f")
    assert "id" not in identity


def test_missing_files_are_named_with_the_package(moonshine, monkeypatch):
    monkeypatch.setattr(module, "find_files", lambda: None)
    reason = "the model files of Moonshine Tiny are not installed: pip install moonshine-voice==0.1.0"
    assert moonshine.unavailable() == reason
    for action in (moonshine.identity, lambda: moonshine.open("cpu")):
        with pytest.raises(UsageError) as caught:
            action()
        assert str(caught.value) == f"moonshine-tiny: {reason}"


def test_files_of_an_absent_package_are_none(monkeypatch):
    monkeypatch.setattr(moonshine_files.util, "find_spec", lambda name: None)
    assert moonshine_files.find_files() is None
    assert moonshine_files.asset("two_cities.wav") is None


def test_the_spec_imports_neither_the_package_nor_onnxruntime():
    code = (
        "import sys; from asrdiag.engines import ENGINES\n"
        "for name in ('moonshine', 'pocketsphinx'):\n"
        "    spec = ENGINES.load(name)(id='a', engine=name)\n"
        "    assert spec.unavailable() is None and spec.identity()\n"
        "print({'moonshine_voice', 'onnxruntime', 'pocketsphinx'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
