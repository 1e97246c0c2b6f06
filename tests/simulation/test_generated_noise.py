"""The generated noises: levels, spectra, what is drawn, and that all of it stays as it is."""

import json
import pickle
from typing import Any

import numpy as np
import pytest

from asrdiag.errors import UsageError
from asrdiag.simulation.machine_noise import Harmonics
from asrdiag.simulation.noise_choice import GENERATED, NOISE_NAMES, noise_from_record, noise_source
from asrdiag.simulation.noise_mixture import AnyOf
from asrdiag.simulation.speech_shaped_noise import BAND_CENTRES_HZ, BAND_LEVELS_DB, MODULATION_HZ

from .conftest import Corpus

RATE = 16_000


def made(name: str, corpus: Corpus, n_samples: int = 4 * RATE, rate: int = RATE, **source: Any) -> Any:
    return GENERATED[name].make(n_samples, rate, corpus.source(**source), "base")


def power_db(noise: np.ndarray, low_hz: float, high_hz: float, rate: int = RATE) -> float:
    power = np.abs(np.fft.rfft(noise.astype(float))) ** 2
    frequency = np.fft.rfftfreq(len(noise), 1 / rate)
    return float(10 * np.log10(power[(frequency >= low_hz) & (frequency < high_hz)].sum()))


def test_every_name_is_a_noise() -> None:
    assert {*GENERATED, "babble"} == set(NOISE_NAMES)
    assert {name: noise_source(name).identity()["noise"] for name in NOISE_NAMES} == dict(
        zip(NOISE_NAMES, NOISE_NAMES, strict=True)
    )
    assert [name for name in NOISE_NAMES if noise_source(name).draws_on_pool()] == ["babble"]


@pytest.mark.parametrize("name", GENERATED)
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("n_samples", [2, 3, 160, 799, 64_007])
def test_unit_rms_whatever_the_length_and_rate(corpus: Corpus, name: str, rate: int, n_samples: int) -> None:
    noise = made(name, corpus, n_samples, rate).samples
    assert noise.dtype == np.float32
    assert noise.shape == (n_samples,)
    assert np.sqrt(np.mean(noise.astype(float) ** 2)) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("name", GENERATED)
def test_the_same_draws_make_the_same_noise(corpus: Corpus, name: str) -> None:
    first = made(name, corpus)
    again = noise_from_record(first.record)
    assert again.make(4 * RATE, RATE, corpus.source(), "base").samples.tobytes() == first.samples.tobytes()
    there = pickle.loads(pickle.dumps(GENERATED[name]))
    assert there.make(4 * RATE, RATE, corpus.source(), "base").samples.tobytes() == first.samples.tobytes()
    others = {
        made(name, corpus, seed=1).samples.tobytes(),
        made(name, corpus, index=1).samples.tobytes(),
        GENERATED[name].make(4 * RATE, RATE, corpus.source(), "other").samples.tobytes(),
    }
    assert len(others | {first.samples.tobytes()}) == 4
    json.dumps([first.record, GENERATED[name].identity()], allow_nan=False)


FROZEN = {
    "white": (1777, -3.7875, 0.9302, -0.5011),
    "pink": (11451, 4.1489, 2.0715, 0.0701),
    "brown": (4043, -3.3317, -3.2624, 0.8961),
    "speech_shaped": (11451, 3.7341, 2.9014, -0.1947),
    "speech_modulated": (2418, -5.1077, -3.6103, -0.0012),
    "hum": (3968, -2.3785, -2.1412, 0.0596),
    "fan": (4061, -3.2420, -3.0373, 1.0601),
    "clicks": (18, 55.0970, 0.0000, 0.0000),
}
"""For each noise: where its largest sample is, that sample, the third before it, and sample 12345."""


@pytest.mark.parametrize("name", GENERATED)
def test_noises_stay_as_they_are(corpus: Corpus, name: str) -> None:
    # Another noise under the same name would be taken for what was measured with this one.
    noise = made(name, corpus, RATE).samples
    peak, *values = FROZEN[name]
    assert int(np.argmax(np.abs(noise))) == peak
    np.testing.assert_allclose(noise[[peak, peak - 3, 12345]], values, atol=1e-4)


def test_what_a_record_does_not_hold() -> None:
    message = "found noise from babble, expected one that is not made of other utterances"
    with pytest.raises(UsageError, match=message):
        noise_from_record({"noise": "babble"})
    with pytest.raises(UsageError, match=r"unknown noise 'humm' \(did you mean 'hum'\?\)"):
        noise_from_record({"noise": "humm"})


def test_the_table_adds_up_to_the_level_it_is_given_for() -> None:
    # Byrne et al. give it for 70 dB in all; 25 third-octave bands from 63 Hz to 16 kHz
    assert len(BAND_CENTRES_HZ) == len(BAND_LEVELS_DB) == 25
    assert 10 * np.log10(np.sum(10 ** (np.array(BAND_LEVELS_DB) / 10))) == pytest.approx(70.0, abs=0.05)


def test_speech_shaped_noise_has_the_bands_of_speech(corpus: Corpus) -> None:
    rate = 44_100
    noise = made("speech_shaped", corpus, 60 * rate, rate).samples[:]
    half = 2 ** (1 / 6)
    levels = np.array([power_db(noise, centre / half, centre * half, rate) for centre in BAND_CENTRES_HZ])
    difference = levels - np.array(BAND_LEVELS_DB)
    # A band of 60 s has 60 * 0.23 * centre bins, so chance is below 0.3 dB (63 Hz: 870 bins); the rest is the
    # slope of the density inside a band, up to 1.4 dB where 100 Hz stands 11 dB above 80 Hz.
    difference -= np.median(difference)
    assert np.abs(difference).max() < 1.5
    assert np.median(np.abs(difference)) < 0.3
    assert power_db(noise, 1, 55, rate) < power_db(noise, 500, 554, rate) - 35


def test_modulated_noise_swells_four_times_a_second(corpus: Corpus) -> None:
    found = made("speech_modulated", corpus, 20 * RATE)
    power = found.samples.astype(float) ** 2
    spectrum = np.abs(np.fft.rfft(power - power.mean()))
    frequency = np.fft.rfftfreq(len(power), 1 / RATE)
    assert frequency[np.argmax(spectrum[: 20 * 20])] == MODULATION_HZ
    # (1 + sin)^2 has a mean of 1.5 and a component of 2 at 4 Hz: its amplitude is 4/3 of the mean
    assert 2 * spectrum.max() / len(power) / power.mean() == pytest.approx(4 / 3, abs=0.1)
    steady = made("speech_shaped", corpus, 20 * RATE).samples.astype(float) ** 2
    assert np.abs(np.fft.rfft(steady))[80] / len(steady) < 0.1


def test_hum_is_mains_and_its_harmonics(corpus: Corpus) -> None:
    mains = set()
    for seed in range(20):
        found = made("hum", corpus, 10 * RATE, seed=seed)
        frequency = found.record["frequency_hz"]
        assert abs(frequency - found.record["mains_hz"]) <= 0.1
        mains.add(found.record["mains_hz"])
        near = [power_db(found.samples, k * frequency - 1, k * frequency + 1) for k in range(1, 21)]
        everything = power_db(found.samples, 1, 8000)
        assert 10 * np.log10(np.sum(10 ** (np.array(near) / 10))) == pytest.approx(everything, abs=0.2)
        assert power_db(found.samples, 1250, 8000) < everything - 40
    assert mains == {50.0, 60.0}


def test_a_fan_is_air_and_tones(corpus: Corpus) -> None:
    for seed in range(10):
        found = made("fan", corpus, 10 * RATE, seed=seed)
        frequency, tones_db = found.record["frequency_hz"], found.record["tones_db"]
        assert 80 <= frequency <= 240
        assert -12 <= tones_db <= 0
        tones = [power_db(found.samples, k * frequency - 0.5, k * frequency + 0.5) for k in range(1, 7)]
        all_tones = 10 * np.log10(np.sum(10 ** (np.array(tones) / 10)))
        total = power_db(found.samples, 1, 8000)
        # tones and air of unit RMS add up to 1 + 10^(tones/10); air falls into the 1 Hz around a tone too
        expected = tones_db - 10 * np.log10(1 + 10 ** (tones_db / 10))
        assert all_tones - total == pytest.approx(expected, abs=0.7)


def test_clicks_come_at_random_and_ring_away(corpus: Corpus) -> None:
    waits: list[int] = []
    for seed in range(20):
        found = made("clicks", corpus, 60 * RATE, seed=seed)
        rate = found.record["clicks_per_s"]
        assert 1 <= rate <= 20
        # Poisson: the standard deviation of the number is the root of its mean
        assert abs(found.record["clicks"] - 60 * rate) < 4 * np.sqrt(60 * rate)
        loud = np.abs(found.samples) > 1e-3 * np.abs(found.samples).max()
        assert loud.mean() < 20 * 0.03  # none is heard for more than ten time constants of 3 ms
        waits.append(found.record["clicks"])
    assert len(set(waits)) > 10
    assert all(made("clicks", corpus, 160, seed=seed).record["clicks"] >= 1 for seed in range(20))


@pytest.mark.parametrize("name", ["hum", "fan", "clicks"])
def test_what_is_drawn_does_not_depend_on_the_rate(corpus: Corpus, name: str) -> None:
    low, high = (made(name, corpus, 4 * rate, rate) for rate in (8_000, 44_100))
    assert low.record == high.record


def test_harmonics_are_cosines() -> None:
    amplitudes, phases = np.array([1.0, 0.5, 0.25]), np.array([0.1, 2.0, 4.0])
    found = Harmonics(amplitudes, phases, 123.4, 16_000).part(0, 4000)
    t = np.arange(4000) / 16_000
    expected = sum(
        a * np.cos(2 * np.pi * 123.4 * k * t + p)
        for k, a, p in zip((1, 2, 3), amplitudes, phases, strict=True)
    )
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_any_of_several_is_drawn_evenly_and_made_again_from_its_record(corpus: Corpus) -> None:
    either = AnyOf((GENERATED["hum"], GENERATED["fan"], GENERATED["clicks"]))
    drawn = []
    for seed in range(300):
        noise = either.make(160, RATE, corpus.source(seed=seed), "base")
        again = noise_from_record(noise.record).make(160, RATE, corpus.source(seed=seed), "base")
        assert again.samples.tobytes() == noise.samples.tobytes()
        drawn.append(noise.record["noise"])
    # a third of 300, with a standard deviation of sqrt(300 * 1/3 * 2/3) = 8.2
    assert all(abs(drawn.count(name) - 100) < 40 for name in ("hum", "fan", "clicks"))
    assert not either.draws_on_pool()
    assert AnyOf((GENERATED["hum"], noise_source("babble"))).draws_on_pool()
    assert either.identity() != AnyOf((GENERATED["fan"], GENERATED["hum"], GENERATED["clicks"])).identity()
