"""What holds for all primitives: length, type, finiteness, purity; and each one's own arithmetic."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asrdiag.simulation.primitives import (
    Samples,
    add_noise,
    distort,
    draw_losses,
    echo,
    highpass,
    loudness_lufs,
    lowpass,
    resample_down_up,
    reverberate,
    set_loudness,
    stutter,
)
from asrdiag.simulation.primitives.clip import require_clip
from asrdiag.simulation.primitives.noise_mix import fitted, white_noise
from asrdiag.simulation.primitives.stutter import share_hit

NOISE = (0.1 * np.random.RandomState(5).standard_normal(3000)).astype(np.float32)


def lost_frames(clip: Samples, rate: int) -> Samples:
    rng = np.random.RandomState(1)
    losses = draw_losses(len(clip), rate, rng, probability=0.3, longest=4, repeat_probability=0.7)
    return stutter(clip, rate, losses.frame_map)


EIGHT: dict[str, Callable[[Samples, int], Samples]] = {
    "noise": lambda clip, rate: add_noise(clip, rate, NOISE, noise_db=10.0),
    "echo": lambda clip, rate: echo(clip, rate, delay_s=0.3, feedback=0.5, mix=0.3),
    "reverb": lambda clip, rate: reverberate(
        clip, rate, room_size=0.95, damping=0.5, wet_level=0.8, dry_level=0.4
    ),
    "distortion": lambda clip, rate: distort(clip, rate, drive_db=60.0),
    "resampling": lambda clip, rate: resample_down_up(clip, rate, through_hz=8000),
    "low-pass": lambda clip, rate: lowpass(clip, rate, 1500.0, passes=4, wet=0.9),
    "high-pass": lambda clip, rate: highpass(clip, rate, 600.0, passes=6),
    "loudness": lambda clip, rate: set_loudness(clip, rate, target_lufs=-15.0),
    "stutter": lost_frames,
}

CLIPS: dict[str, Callable[[int], Samples]] = {
    "10 ms": lambda rate: NOISE[: rate // 100],
    "one sample": lambda rate: NOISE[:1],
    "empty": lambda rate: NOISE[:0],
    "silence": lambda rate: np.zeros(rate, np.float32),
    "DC": lambda rate: np.full(rate, 0.5, np.float32),
    "clipped": lambda rate: np.sign(np.sin(np.arange(rate) * 1000 * 2 * np.pi / rate)).astype(np.float32),
    "nearly silent": lambda rate: np.resize(NOISE * np.float32(1e-35), rate),
    "very loud": lambda rate: np.full(rate, 1000.0, np.float32) * np.resize(np.float32([1, -1]), rate),
}


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("shape", CLIPS)
@pytest.mark.parametrize("primitive", EIGHT)
def test_any_clip_gives_a_finite_clip_of_its_length(primitive: str, shape: str, rate: int) -> None:
    clip = CLIPS[shape](rate).copy()
    before = clip.copy()
    clip.flags.writeable = False
    found = EIGHT[primitive](clip, rate)
    assert found.dtype == np.float32
    assert found.shape == clip.shape
    assert np.isfinite(found).all()
    assert clip.tobytes() == before.tobytes()
    assert not np.shares_memory(found, clip) or not len(clip)
    if shape == "silence":
        assert not found.any()


@pytest.mark.parametrize("primitive", EIGHT)
@pytest.mark.parametrize(
    ("clip", "rate", "error", "message"),
    [
        (np.zeros((2, 100), np.float32), 16_000, ValueError, r"shape \(2, 100\), expected mono"),
        (np.zeros((100, 2), np.float32), 16_000, ValueError, r"shape \(100, 2\), expected mono"),
        (np.zeros(100), 16_000, TypeError, "samples are an array of float64, expected .* float32"),
        ([0.0] * 100, 16_000, TypeError, "samples are list, expected a NumPy array of float32"),
        (np.float32([0, np.nan, 0]), 16_000, ValueError, r"sample 1 of 3 is nan \(0.000 s\); expected fin"),
        (np.float32([0, 0, -np.inf]), 16_000, ValueError, "sample 2 of 3 is -inf"),
        (np.float32([0, 20_000, 0]), 16_000, ValueError, "peak at 20000, expected a scale on which full"),
        (np.zeros(100, np.float32), 0, ValueError, "sample_rate_hz is 0, expected more than 0"),
        (np.zeros(100, np.float32), 16_000.5, ValueError, "sample_rate_hz is 16000.5, expected a whole"),
    ],
)
def test_what_is_no_clip_is_refused_by_all(
    primitive: str, clip: object, rate: int, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        EIGHT[primitive](clip, rate)  # type: ignore[arg-type]


def test_numpys_whole_numbers_are_rates() -> None:
    require_clip(np.zeros(3, np.float32), np.int64(16_000))


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 99),
    noise_db=st.floats(-60, 40),
    n_samples=st.integers(50, 4000),
    n_noise=st.integers(10, 5000),
)
def test_the_snr_is_the_one_asked_for(seed: int, noise_db: float, n_samples: int, n_noise: int) -> None:
    rng = np.random.RandomState(seed)
    clip = (0.1 * rng.standard_normal(n_samples)).astype(np.float32)
    noise = rng.standard_normal(n_noise).astype(np.float32)
    added = add_noise(clip, 16_000, noise, noise_db=noise_db).astype(np.float64) - clip
    found_db = 10 * np.log10(np.mean(added**2) / np.mean(clip.astype(np.float64) ** 2))
    assert found_db == pytest.approx(noise_db, abs=0.05)
    around = np.resize(noise, n_samples).astype(np.float64)
    gain = (added @ around) / (around @ around)
    np.testing.assert_allclose(added, gain * around, rtol=0, atol=1e-6 * (1 + gain))


def test_noise_that_cannot_be_added() -> None:
    clip = NOISE[:100]
    with pytest.raises(ValueError, match="the noise is silent over 100 samples"):
        add_noise(clip, 16_000, np.zeros(7, np.float32), noise_db=0)
    with pytest.raises(ValueError, match="the noise has no samples"):
        add_noise(clip, 16_000, NOISE[:0], noise_db=0)
    with pytest.raises(ValueError, match="noise_db is nan, expected -200 to 100"):
        add_noise(clip, 16_000, NOISE, noise_db=float("nan"))
    assert fitted(NOISE, 10).tolist() == NOISE[:10].tolist()


def test_white_noise_is_white_and_of_unit_rms() -> None:
    noise = white_noise(200_000, lambda: np.random.RandomState(3))[:].astype(np.float64)
    # Of 200,000 samples the RMS has a standard deviation of about 1 / sqrt(2 * 200000) = 0.0016.
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(1, abs=0.008)
    assert abs(noise.mean()) < 0.012
    assert abs(np.corrcoef(noise[:-1], noise[1:])[0, 1]) < 0.012
    # The sum of four uniforms has a kurtosis of 3 - 6 / (5 * 4) = 2.7; a Gaussian 3.
    assert np.mean(noise**4) / np.mean(noise**2) ** 2 == pytest.approx(2.7, abs=0.03)
    bands = np.abs(np.fft.rfft(noise)) ** 2
    halves = bands[1:50_001].mean() / bands[50_001:].mean()
    assert halves == pytest.approx(1, abs=0.04)
    # The same numbers with any version of NumPy.
    frozen = white_noise(3, lambda: np.random.RandomState(0))
    np.testing.assert_allclose(frozen, FROZEN_WHITE, rtol=1e-6)


FROZEN_WHITE = [-0.41271838545799255, 0.36535724997520447, -0.1488492488861084]


def test_an_echo_by_hand() -> None:
    # D = 3; v = x + v[n-3]/2; y = 0.8 x + 0.2 v[n-3].
    clip = np.float32([1, 2, 0, 0, 4, 0, 0, 0])
    found = echo(clip, 1000, delay_s=0.0031, feedback=0.5, mix=0.2)
    # v: 1 2 0, 0.5 5 0, 0.25 2.5
    np.testing.assert_allclose(found, [0.8, 1.6, 0, 0.2, 3.6, 0, 0.1, 1.0], rtol=1e-6)


def test_the_delay_is_cut_off_to_whole_samples_as_a_float32() -> None:
    click = np.eye(1, 40_000, dtype=np.float32)[0]
    for delay_s in [*np.random.RandomState(0).uniform(0.1, 0.3, 50).tolist(), 0.1, 0.2, 0.3]:
        found = echo(click, 44_100, delay_s=delay_s, feedback=0.0, mix=0.5)
        assert np.flatnonzero(found).tolist() == [0, int(float(np.float32(delay_s)) * 44_100)]
    with pytest.raises(ValueError, match="delay_s is 1e-05, expected at least one sample"):
        echo(click, 44_100, delay_s=1e-5, feedback=0.5, mix=0.5)


def test_distortion_by_hand() -> None:
    # 40 dB: times 100. tanh 0.5 = 0.462117, tanh 10 = 1 - 4e-9.
    found = distort(np.float32([0, 0.005, -0.1]), 16_000, drive_db=40)
    np.testing.assert_allclose(found, [0, 0.46211716, -1], rtol=1e-6)


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100])
def test_resampling_keeps_the_band_below_and_the_time(rate: int) -> None:
    time_s = np.arange(2 * rate) / rate
    low = np.sin(2 * np.pi * 1000 * time_s).astype(np.float32)
    high = np.sin(2 * np.pi * 5000 * time_s).astype(np.float32)
    middle = slice(rate // 4, -rate // 4)
    found = resample_down_up(low + high, rate, through_hz=8000)
    np.testing.assert_allclose(found[middle], low[middle], atol=2e-3)
    for unchanged_rate in (8000, 6000):
        np.testing.assert_array_equal(resample_down_up(low, unchanged_rate, through_hz=8000), low)


def test_reverberation_rings_longer_in_larger_rooms_and_darker_with_damping() -> None:
    click = np.eye(1, 32_000, dtype=np.float32)[0]

    def room(**changed: float) -> Samples:
        keys = {"room_size": 0.5, "damping": 0.5, "wet_level": 0.5, "dry_level": 0.0} | changed
        return reverberate(click, 16_000, **keys).astype(np.float64)  # type: ignore[return-value]

    def late_share(tail: Samples) -> float:
        return float(np.sum(tail[8000:] ** 2) / np.sum(tail**2))

    assert late_share(room(room_size=0.9)) > 10 * late_share(room(room_size=0.3))

    def bright_share(tail: Samples) -> float:
        power = np.abs(np.fft.rfft(tail[4000:])) ** 2  # after a quarter of a second
        half = len(power) // 2
        return float(power[half:].sum() / power.sum())  # above 4 kHz

    assert bright_share(room(damping=0.0)) > 3 * bright_share(room(damping=1.0))
    np.testing.assert_array_equal(room(wet_level=0.0, dry_level=0.5), click)


def test_loudness_is_reached_and_what_has_none_is_left_alone() -> None:
    rng = np.random.RandomState(0)
    clip = (0.05 * rng.standard_normal(16_000)).astype(np.float32)
    for target_lufs in (-38.0, -23.0, -15.0):
        found = loudness_lufs(set_loudness(clip, 16_000, target_lufs=target_lufs), 16_000)
        assert found == pytest.approx(target_lufs, abs=1e-5)
    for none in (clip[:6399], np.zeros(16_000, np.float32), clip * np.float32(1e-4)):
        assert loudness_lufs(none, 16_000) is None
        assert set_loudness(none, 16_000, target_lufs=-23.0).tobytes() == none.tobytes()
    assert loudness_lufs(clip[:6400], 16_000) is not None
    with pytest.raises(ValueError, match="sample_rate_hz is 3000, expected more than 3000"):
        loudness_lufs(clip, 3000)


def test_losses_by_hand() -> None:
    class Fixed:
        def random_sample(self, size: tuple[int, int]) -> np.ndarray:
            rows = [(0.1, 0.5, 0.9), (0.9, 0, 0.1), (0.9, 0, 0), (0.1, 0.9, 0.1), (0.0, 0, 0.8), (0.2, 0, 0)]
            assert size == (6, 3)
            return np.array(rows)

    # Probability 0.2, up to 2 frames, repeats below 0.7. Frame 0 starts an event of 1 + int(0.5 * 2) = 2
    # with nothing to repeat; 2 comes through; 3 starts one of 2, a repeat and a silence; 0.2 is no event.
    losses = draw_losses(6 * 160, 8000, Fixed(), probability=0.2, longest=2, repeat_probability=0.7)
    assert (losses.frame_map, losses.events) == ("ss.rs.", 2)
    assert share_hit(6 * 160, 8000, losses.frame_map) == pytest.approx(4 / 6)


@pytest.mark.parametrize(
    ("frame_map", "message"),
    [(".r", "a map of 2 frames for 400 samples; expected 3, of 160"), ("r..", "frame 0 is"), (".x.", "'x'")],
)
def test_maps_that_are_not_of_this_clip(frame_map: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stutter(NOISE[:400], 8000, frame_map)
