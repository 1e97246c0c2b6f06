"""A router's folder is used whole or refused, and clips of any length get a probability."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra transformers")
routers = pytest.importorskip("routers", reason="needs the extra transformers")
safe = pytest.importorskip("safetensors.torch", reason="needs the extra transformers")

from asrdiag.errors import SampleError, UsageError  # noqa: E402
from asrdiag.routing.config import CONFIG, WEIGHTS, RouterConfig, read_config  # noqa: E402
from asrdiag.routing.router import Router  # noqa: E402


@pytest.fixture
def folder(tmp_path):
    return routers.write_router(tmp_path / "router")


def noise(seconds, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, round(16_000 * seconds)).astype(np.float32)


def said(folder, **changes):
    found = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(found | changes))
    return folder


def test_what_was_written_is_read(folder):
    assert read_config(folder) == routers.SMALL
    router, model = Router.open(folder), routers.random_model()
    clip = noise(0.5)
    with torch.no_grad():
        logits = model.logits_of(torch.from_numpy(clip)[None], torch.tensor([len(clip)]))[0].double()
    assert router.logits([clip])[0] == pytest.approx(float(logits[1] - logits[0]), abs=1e-6)
    expected = 1 / (1 + np.exp(-float(logits[1] - logits[0])))
    assert router.p_degraded([clip]) == [pytest.approx(expected, abs=1e-6)]


def test_the_temperature_divides_the_logits_and_moves_no_clip_across_a_half(folder):
    clips = [noise(0.3, seed) * 0.3**seed for seed in range(6)]
    before = Router.open(folder).logits(clips)
    after = Router.open(said(folder, temperature=2.5)).logits(clips)
    assert after == pytest.approx(before / 2.5)
    assert list(after > 0) == list(before > 0)


def test_a_long_clip_is_the_mean_of_windows_of_equal_length(folder):
    router = Router.open(said(folder, longest_s=2.0))
    clip = noise(5.0) * np.linspace(0.01, 1, 80_000, dtype=np.float32)
    thirds = np.array_split(clip, 3)  # 5 s in windows of at most 2 s
    expected = np.mean(router.p_degraded(thirds))
    assert router.p_degraded([clip, clip[:16_000]])[0] == pytest.approx(expected, abs=2e-6)


def test_forty_minutes_are_heard_window_by_window(folder, monkeypatch):
    seen = []
    router = Router.open(folder)

    def heard(samples, lengths):
        seen.append(tuple(samples.shape))
        return torch.zeros(len(lengths), 2)

    monkeypatch.setattr(router._model, "logits_of", heard)
    assert router.p_degraded([np.zeros(40 * 60 * 16_000, np.float32)]) == [0.5]
    assert sum(rows for rows, _ in seen) == 80
    assert max(rows * length for rows, length in seen) <= 240 * 16_000


@pytest.mark.parametrize("length", [1, 159, 399])
def test_a_clip_shorter_than_a_frame_is_filled_up_with_silence(folder, length):
    router = Router.open(folder)
    clip = noise(0.025)[:length]
    filled = np.concatenate([clip, np.zeros(400 - length, np.float32)])
    assert router.p_degraded([clip]) == router.p_degraded([filled])


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        (np.array([0.0, np.nan], np.float32), "NaN or infinity at sample 1"),
        (np.zeros(0, np.float32), "found no samples"),
        (1e30 * noise(0.1), r"clip 1 of the router's: found samples up to .*e\+\d+, too large"),
    ],
)
def test_audio_that_is_none_is_refused(folder, clip, message):
    with pytest.raises(SampleError, match=message):
        Router.open(folder).p_degraded([noise(0.1), clip])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sample_rate_hz": 8000}, "sample_rate_hz: found 8000, expected 16000: clips come"),
        ({"model_type": "whisper"}, "model_type: .*asrdiag-router"),
        ({"heads": 3}, "the file: found 8 channels of the last convolution and 3 heads"),
        ({"nheads": 3}, "nheads: Extra inputs"),
        ({"temperature": 0}, "temperature: .*greater than 0"),
    ],
)
def test_a_configuration_that_is_wrong_is_refused(folder, changes, message):
    with pytest.raises(UsageError, match=rf"config\.json: not a router's configuration: {message}"):
        Router.open(said(folder, **changes))


def test_files_that_are_missing_or_damaged_are_named(folder):
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(whole[:-8])
    with pytest.raises(UsageError, match=r"model\.safetensors: cannot be read as safetensors"):
        Router.open(folder)
    (folder / WEIGHTS).unlink()
    with pytest.raises(
        UsageError, match=r"model\.safetensors: cannot be read as safetensors: .*No such file"
    ):
        Router.open(folder)
    (folder / CONFIG).write_text("{")
    with pytest.raises(UsageError, match=r"not a router's configuration: the file: Invalid JSON"):
        Router.open(folder)
    with pytest.raises(
        UsageError, match=r"config\.json: cannot be read .*as `asrdiag train router` writes it"
    ):
        Router.open(folder / "gone")


def test_weights_of_another_router_are_refused(folder):
    tensors = safe.load_file(folder / WEIGHTS)
    del tensors["norm.weight"]
    tensors["head.weight"] = torch.zeros(3, 8)
    tensors["tail"] = torch.zeros(1)
    safe.save_file(tensors, folder / WEIGHTS)
    expected = (
        r"norm.weight is missing; tail is surplus; head.weight has the shape \[3, 8\], expected \[2, 8\]"
    )
    with pytest.raises(UsageError, match=expected):
        Router.open(folder)


def test_weights_that_are_no_numbers_are_refused(folder):
    tensors = safe.load_file(folder / WEIGHTS)
    tensors["head.weight"][1, 2] = torch.nan
    safe.save_file(tensors, folder / WEIGHTS)
    with pytest.raises(UsageError, match=r"head\.weight has NaN or infinity in it"):
        Router.open(folder)


def test_defaults_are_the_published_architecture():
    config = RouterConfig()
    assert (config.n_mels, config.hidden, config.heads, config.feed_forward) == (80, 128, 4, 256)
    assert (config.layers, config.downsampling, config.longest_samples) == (1, 2, 480_000)
