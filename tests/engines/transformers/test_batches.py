"""A transcript is the same in whatever batch, and is cut, limited and gated as documented."""

import json
import random
import shutil

import jiwer
import numpy as np
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

from asrdiag.engines.base import Clip

torch = pytest.importorskip("torch", reason="needs the extra transformers")
tiny = pytest.importorskip("engines.tiny_checkpoints", reason="needs the extra transformers")

pytestmark = [
    pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask:UserWarning"),  # WavLM
    # SEW-D, by transformers before 5.23
    pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning"),
]
NORMALIZE = EnglishTextNormalizer()


@pytest.mark.parametrize("name", tiny.BUILDERS)
def test_a_batch_of_eight_is_eight_batches_of_one(plain, clips, name, content):
    recognizer = plain(name)
    alone = [recognizer.transcribe([clip])[0] for clip in clips]
    # A model that ignored the audio would pass without this.
    assert len({t.text for t in alone}) > 4
    order = random.Random(1).sample(range(8), 8)
    shuffled = recognizer.transcribe([clips[index] for index in order])
    assert content(shuffled) == content([alone[index] for index in order])
    # In pairs: other neighbours, other padding.
    pairs = [t for start in range(0, 8, 2) for t in recognizer.transcribe(clips[start : start + 2])]
    assert content(pairs) == content(alone)
    for together, single in zip(pairs, alone, strict=True):
        if "mean_logprob" in single.details:
            assert together.details["mean_logprob"] == pytest.approx(single.details["mean_logprob"], abs=2e-3)


ONLY_EQUAL_LENGTHS = (
    *("ctc-group-norm", "data2vec-audio", "moonshine-streaming"),
    *("sew", "sew-d", "wav2vec2-bert", "wav2vec2-conformer"),
)


@pytest.mark.parametrize("name", ONLY_EQUAL_LENGTHS)
def test_equal_lengths_share_a_batch(plain, clips, name, content, monkeypatch):
    recognizer = plain(name)
    equal = [Clip(clip.sample_id, clip.samples[-6000:], 16_000) for clip in clips if len(clip.samples) > 6000]
    alone = [recognizer.transcribe([clip])[0] for clip in equal]
    assert len({t.text for t in alone}) > 2
    sizes = []
    of_the_family = recognizer._family.transcribe

    def count(pieces):
        sizes.append(len(pieces))
        return of_the_family(pieces)

    monkeypatch.setattr(recognizer._family, "transcribe", count)
    assert content(recognizer.transcribe(equal)) == content(alone)
    assert sizes == [len(equal)]


@pytest.mark.parametrize("name", ["whisper", "moonshine", "qwen3-asr", "canary"])
@pytest.mark.parametrize("keys", [{"temperature": 1.0, "top_p": 0.9, "seed": 3}, {"beams": 2}], ids=str)
def test_sampling_and_beams_do_not_depend_on_the_batch_either(spec, plain, clips, name, keys, content):
    recognizer = spec(name, max_new_tokens=12, **keys).open("cpu")
    some = clips[:4]
    together = recognizer.transcribe(some)
    assert content(together) == content([recognizer.transcribe([clip])[0] for clip in some])
    greedy = spec(name, max_new_tokens=12).open("cpu").transcribe(some)
    assert [t.text for t in together] != [t.text for t in greedy]
    if "seed" in keys:
        other = spec(name, max_new_tokens=12, **{**keys, "seed": 4}).open("cpu").transcribe(some)
        assert [t.text for t in other] != [t.text for t in together]


def wer(references, transcripts):
    return jiwer.wer(list(map(NORMALIZE, references)), [NORMALIZE(t.text) for t in transcripts])


def test_real_speech_in_batches_and_alone(spec, real_moonshine, demo_clips, demo_utterances, content):
    recognizer = spec("moonshine", model=str(real_moonshine)).open("cpu")
    together = recognizer.transcribe(demo_clips)
    some = slice(None, None, 3)
    assert content(together[some]) == content([recognizer.transcribe([clip])[0] for clip in demo_clips[some]])
    # 8 errors in 119 words when this was written, 6.7 %.
    assert wer([u.reference for u in demo_utterances], together) < 0.10
    assert not any("truncated" in t.details for t in together)


def test_padding_as_transformers_has_it_does_change_moonshine(plain, clips):
    """What the engine puts right is there: with the plain GroupNorm a batch differs from clips alone."""
    family = plain("moonshine")._family
    encoder = family.model.model.encoder
    fixed = encoder.groupnorm
    before = [plain("moonshine").transcribe([clip])[0].text for clip in clips]
    try:
        encoder.groupnorm = torch.nn.GroupNorm(1, fixed.num_channels, fixed.eps)
        encoder.groupnorm.weight, encoder.groupnorm.bias = fixed.weight, fixed.bias
        alone = [plain("moonshine").transcribe([clip])[0].text for clip in clips]
        together = [t.text for t in plain("moonshine").transcribe(clips)]
    finally:
        encoder.groupnorm = fixed
    assert alone == before
    assert together != alone


def test_limits_are_kept_and_marked(spec, clips):
    for name in ("whisper", "moonshine", "qwen3-asr"):
        for transcript in spec(name, max_new_tokens=5).open("cpu").transcribe(clips):
            assert transcript.details["n_tokens"] <= 5
            assert transcript.details.get("truncated", False) == (transcript.details["n_tokens"] == 5)


def test_moonshine_has_the_limit_of_each_clip_in_a_batch(plain, clips):
    for clip, transcript in zip(clips, plain("moonshine").transcribe(clips), strict=True):
        # ceil(6.5 * seconds) + 8
        assert transcript.details["n_tokens"] <= int(-(-6.5 * clip.duration_s // 1)) + 8


@pytest.mark.parametrize("name", ["whisper", "ctc", "parakeet-ctc", "parakeet-tdt", "parakeet-rnnt"])
def test_words_have_times_inside_the_clip(spec, plain, clips, name, content):
    recognizer = spec(name, timestamps="words").open("cpu")
    clips = clips[:5]
    together = recognizer.transcribe(clips)
    assert content(together) == content([recognizer.transcribe([clip])[0] for clip in clips])
    assert [t.text for t in together] == [t.text for t in plain(name).transcribe(clips)] or name == "whisper"
    for clip, transcript in zip(clips, together, strict=True):
        words = transcript.details["words"]
        assert "".join("".join(word for word, _, _ in words).split()) == "".join(transcript.text.split())
        times = [time for _, start_s, end_s in words for time in (start_s, end_s)]
        assert times == sorted(times)
        assert not times or (times[0] >= 0 and times[-1] <= max(clip.duration_s, 0.1) + 0.05)


def test_long_audio_is_cut_or_windowed(spec, plain, clips, content):
    samples = np.concatenate([clip.samples for clip in clips] * 4)
    long = Clip("long", samples, 16_000)
    assert 24 < long.duration_s < 48
    moonshine, short = plain("moonshine").transcribe([long, clips[0]])
    assert moonshine.details["n_chunks"] == 2
    assert content([short]) == content(plain("moonshine").transcribe([clips[0]]))
    (qwen,) = spec("qwen3-asr", max_new_tokens=4, longest_chunk_s=10).open("cpu").transcribe([long])
    assert qwen.details["n_chunks"] == -(-long.duration_s // 10)
    # Windows of 2 s in the tiny Whisper; its random timestamps may end one early.
    whisper, short = plain("whisper").transcribe([Clip("long", samples[: 5 * 16_000], 16_000), clips[0]])
    assert whisper.details["n_chunks"] == 1
    assert whisper.details["n_windows"] >= 3
    assert content([short]) == content(plain("whisper").transcribe([clips[0]]))


def test_a_checkpoint_that_prompts_each_window_with_the_one_before(spec, plain, clips, checkpoint, tmp_path):
    """It is not done: with that prompt, windows from the second on would be cut off at their first token."""
    samples = np.concatenate([clip.samples for clip in clips])[: 5 * 16_000]
    folder = shutil.copytree(checkpoint("whisper"), tmp_path / "whisper")
    config = json.loads((folder / "generation_config.json").read_text())
    (folder / "generation_config.json").write_text(json.dumps(config | {"condition_on_prev_tokens": True}))
    long = [Clip("long", samples, 16_000)]
    (found,) = spec("whisper", model=str(folder)).open("cpu").transcribe(long)
    (usual,) = plain("whisper").transcribe(long)
    assert (found.text, found.details) == (usual.text, usual.details)
    assert found.details["n_tokens"] > 2 * found.details["n_windows"]


def test_silence_is_gated_as_by_the_embedded_engines(plain, clips, content):
    silent = Clip("silent", np.zeros(16_000, np.float32), 16_000)
    empty = Clip("empty", np.zeros(0, np.float32), 16_000)
    answers = plain("ctc").transcribe([silent, clips[0], empty])
    assert [a.text for a in answers][::2] == ["", ""]
    assert answers[0].details == answers[2].details == {"gated": True, "peak_dbfs": None}
    assert content(answers[1:2]) == content(plain("ctc").transcribe([clips[0]]))


@pytest.mark.parametrize("name", tiny.BUILDERS)
def test_ten_milliseconds_are_answered(plain, clips, name):
    (answer,) = plain(name).transcribe([Clip("short", clips[0].samples[:160], 16_000)])
    assert "gated" not in answer.details
    assert all(np.isfinite(v) for v in answer.details.values() if isinstance(v, float))


def test_out_of_memory_goes_through(plain, clips, monkeypatch):
    def forward(*args, **kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    recognizer = plain("ctc")
    monkeypatch.setattr(recognizer._family.model, "forward", forward)
    with pytest.raises(torch.OutOfMemoryError, match="CUDA out of memory"):
        recognizer.transcribe(clips)
