"""What a router makes of a clip does not depend on what is beside it, nor on what follows its end."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the extra transformers")
routers = pytest.importorskip("routers", reason="needs the extra transformers")

from asrdiag.routing.config import Convolution, RouterConfig  # noqa: E402
from asrdiag.routing.features import LogMel, mel_bands  # noqa: E402
from asrdiag.routing.model import RouterModel  # noqa: E402
from asrdiag.routing.router import padded  # noqa: E402

RELEASED = RouterConfig(
    n_mels=16,
    convolutions=(Convolution(channels=8, stride=2), Convolution(channels=12, stride=2)),
    batch_norm=True,
    heads=4,
    feed_forward=24,
    head_hidden=6,
)
KINDS = {"published": routers.SMALL, "released": RELEASED}


@pytest.fixture(scope="module", params=KINDS)
def model(request):
    found = routers.random_model(KINDS[request.param])
    for step in found.steps:
        if step.norm is not None:  # as after training: zeros behind a clip's end would no longer stay zeros
            step.norm.running_mean.fill_(0.3)
            step.norm.bias.data.fill_(0.2)
    return found


@pytest.fixture(scope="module")
def exact(model):
    return copy.deepcopy(model).double()


def clip(length, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(0, 0.1, length) * rng.uniform(0.1, 1)).astype(np.float32)


@settings(max_examples=25, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 6000), min_size=1, max_size=4),
    more=st.integers(0, 4000),
    fill=st.sampled_from([0.0, 7.0, float("nan")]),
)
def test_padding_and_neighbours_change_nothing(exact, lengths, more, fill):
    clips = [clip(length, seed) for seed, length in enumerate(lengths)]
    samples, sizes = padded(clips)
    samples = samples.double()
    for row, size in enumerate(sizes):
        samples[row, size:] = fill
    samples = torch.nn.functional.pad(samples, (0, more), value=fill)
    with torch.no_grad():
        together = exact.logits_of(samples, sizes)
        alone = torch.cat([exact.logits_of(one.double(), size) for one, size in (padded([c]) for c in clips)])
    assert (together - alone).abs().max() < 1e-11  # in float64 nothing but a real difference is above it


@pytest.mark.parametrize("config", KINDS.values(), ids=KINDS)
def test_in_float32_they_change_less_than_a_millionth(config):
    torch.manual_seed(0)
    model = RouterModel(config).eval()
    clips = [clip(length, length) for length in (1, 400, 3999, 16_000, 40_000)]
    samples, sizes = padded(clips)
    with torch.no_grad():
        alone = torch.cat([model.logits_of(*padded([one])) for one in clips])
        for more in (0, 1, 12_345):
            together = model.logits_of(torch.nn.functional.pad(samples, (0, more), value=9.0), sizes)
            assert (together - alone).abs().max() < 1e-6


def test_other_audio_is_another_answer(model):
    with torch.no_grad():
        first, second = model.logits_of(*padded([clip(4000), clip(4000, 1)]))
        shorter = model.logits_of(*padded([clip(4000)[:3000]]))[0]
    assert (first - second).abs().max() > 1e-3
    assert (first - shorter).abs().max() > 1e-3


def test_the_published_architecture_has_its_size():
    # Convolutions 80*128*3+128 and 128*128*3+128; attention 128*384+384 and 128*128+128; feed-forward
    # 128*256+256 and 256*128+128; three norms of 2*128; pooling 129; head 2*128+2.
    expected = 30_848 + 49_280 + 49_536 + 16_512 + 33_024 + 32_896 + 3 * 256 + 129 + 258
    found = RouterModel(RouterConfig())
    assert sum(weights.numel() for weights in found.parameters()) == expected == 213_251
    assert found.config.downsampling == 2


def test_bands_are_those_of_another_implementation():
    audio = pytest.importorskip("transformers.audio_utils")
    theirs = audio.mel_filter_bank(201, 80, 0, 8000, 16_000, norm="slaney", mel_scale="slaney")
    assert np.abs(mel_bands(80, 400, 16_000).numpy() - theirs).max() < 1e-7


def test_spectra_are_those_of_another_implementation():
    audio = pytest.importorskip("transformers.audio_utils")
    samples = clip(5000)
    theirs = audio.spectrogram(
        samples.astype(np.float64),
        audio.window_function(400, "hann"),
        400,
        160,
        power=2.0,
        mel_filters=audio.mel_filter_bank(201, 80, 0, 8000, 16_000, norm="slaney", mel_scale="slaney"),
        log_mel="log10",
        mel_floor=1e-10,
    )
    found, n_frames = LogMel(RouterConfig())(*padded([samples]))
    assert n_frames.tolist() == [32]  # 1 + 5000 // 160
    assert np.abs(found[0].numpy().T - (theirs + 4) / 4).max() < 1e-5
