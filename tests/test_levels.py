import importlib.util
import math
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asrdiag.audio import read_audio
from asrdiag.levels import active_speech_level, rms_level_db

RATE = 16_000
Samples = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def speech() -> Samples:
    spec = importlib.util.find_spec("moonshine_voice")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return read_audio(Path(spec.submodule_search_locations[0]) / "assets" / "two_cities.wav", RATE)


def by_the_letter(samples: Samples, rate: int) -> float | None:
    """P.56 method B sample by sample, as the Recommendation writes it, with its ladder of 15 thresholds."""
    pole, hangover = math.exp(-1 / (rate * 0.03)), math.ceil(rate * 0.2)
    thresholds = [2.0**-exponent for exponent in range(15, 0, -1)]
    active, hang = [0] * len(thresholds), [hangover] * len(thresholds)
    p = q = energy = 0.0
    for x in samples.astype(float):
        energy += x * x
        p = pole * p + (1 - pole) * abs(x)
        q = pole * q + (1 - pole) * p
        for j, threshold in enumerate(thresholds):
            if q >= threshold:
                active[j] += 1
                hang[j] = 0
            elif hang[j] < hangover:
                active[j] += 1
                hang[j] += 1
            else:
                break
    before: tuple[float, float] | None = None
    for count, threshold in zip(active, thresholds, strict=True):
        if count == 0:
            return None
        level_db = 10 * math.log10(energy / count)
        difference = level_db - 20 * math.log10(threshold)
        if difference <= 15.9:
            if before is None:
                return level_db
            share = (before[1] - 15.9) / (before[1] - difference)
            return before[0] + share * (level_db - before[0])
        before = (level_db, difference)
    return None


def test_agrees_with_the_recommendation_written_out(speech: Samples) -> None:
    for start, gain in ((0, 1.0), (5, 0.3), (20, 0.05), (30, 1.5)):
        stretch = speech[start * RATE : (start + 4) * RATE] * np.float32(gain)
        found = active_speech_level(stretch, RATE)
        expected = by_the_letter(stretch, RATE)
        assert found is not None
        assert expected is not None
        assert found.level_db == pytest.approx(expected, abs=1e-6)


def test_a_tone_after_silence_by_hand() -> None:
    # 2 s of a full-scale sine and 2 s of silence. The threshold is 15.9 dB below the level: about -19.5 dB or
    # 0.106, 16.6 % of the envelope's 2 / pi. It is reached where 1 - (1 + x) exp(-x) = 0.166, x = 0.73 time
    # constants or 0.022 s in, and left where (1 + x) exp(-x) = 0.166, x = 3.24 or 0.097 s after the tone.
    # Active: 2 - 0.022 + 0.097 + 0.2 = 2.275 s. Level: 10 log10(0.5 * 2 / 2.275) = -3.57 dB.
    tone = np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE).astype(np.float32)
    found = active_speech_level(np.concatenate([tone, np.zeros_like(tone)]), RATE)
    assert found is not None
    assert found.level_db == pytest.approx(-3.57, abs=0.02)
    assert found.activity == pytest.approx(2.275 / 4, abs=0.003)


@settings(max_examples=20, deadline=None)
@given(gain_db=st.floats(-60, 10))
def test_a_gain_shifts_the_level_by_as_much(speech: Samples, gain_db: float) -> None:
    stretch = speech[: 6 * RATE]
    plain = active_speech_level(stretch, RATE)
    scaled = active_speech_level((stretch * 10 ** (gain_db / 20)).astype(np.float32), RATE)
    assert plain is not None
    assert scaled is not None
    # The ladder stays while the clip moves: interpolation leaves a few hundredths, powers of two leave none.
    assert scaled.level_db - plain.level_db == pytest.approx(gain_db, abs=0.1)
    halved = active_speech_level(stretch * np.float32(0.5), RATE)
    assert halved is not None
    assert halved.level_db == pytest.approx(plain.level_db - 20 * math.log10(2), abs=1e-9)
    assert halved.activity == pytest.approx(plain.activity)


@settings(max_examples=10, deadline=None)
@given(before_s=st.floats(0, 30), after_s=st.floats(0, 30))
def test_silence_around_speech_hardly_counts(speech: Samples, before_s: float, after_s: float) -> None:
    plain = active_speech_level(speech, RATE)
    padded = np.pad(speech, (int(before_s * RATE), int(after_s * RATE)))
    longer = active_speech_level(padded, RATE)
    assert plain is not None
    assert longer is not None
    assert longer.level_db == pytest.approx(plain.level_db, abs=0.1)
    rms, rms_longer = rms_level_db(speech), rms_level_db(padded)
    assert rms is not None
    assert rms_longer is not None
    # The RMS falls by the share of silence, exactly.
    assert rms_longer == pytest.approx(rms - 10 * math.log10(len(padded) / len(speech)), abs=1e-6)


def test_the_level_is_never_below_the_rms(speech: Samples) -> None:
    for second in range(0, 40, 4):
        stretch = speech[second * RATE : (second + 4) * RATE]
        found, rms = active_speech_level(stretch, RATE), rms_level_db(stretch)
        assert found is not None
        assert rms is not None
        assert found.level_db >= rms - 1e-9
        assert found.level_db + 10 * math.log10(found.activity) == pytest.approx(rms, abs=1e-6)


def test_clips_without_activity() -> None:
    click = np.zeros(RATE, np.float32)
    click[100] = 1.0
    for samples in (np.zeros(RATE, np.float32), np.zeros(0, np.float32), click, np.ones(160, np.float32)):
        assert active_speech_level(samples, RATE) is None
    assert rms_level_db(np.zeros(RATE, np.float32)) is None
    assert rms_level_db(np.zeros(0, np.float32)) is None


NOIZEUS = Path(os.environ.get("ASRDIAG_TEST_DATA", Path(__file__).parents[2] / "shared" / "data")) / "noizeus"


@pytest.mark.skipif(not NOIZEUS.is_dir(), reason=f"NOIZEUS is not at {NOIZEUS} (set ASRDIAG_TEST_DATA)")
def test_reproduces_the_nominal_snr_of_noizeus() -> None:
    folders = sorted(NOIZEUS.glob("*_*dB"))
    assert folders
    for folder in folders:
        nominal_db = float(folder.name.split("_")[1].removesuffix("dB"))
        errors = []
        for noisy in sorted(folder.glob("*.wav")):
            clean = read_audio(NOIZEUS / "clean" / f"{noisy.name[:4]}.wav", 8_000)
            speech = active_speech_level(clean, 8_000)
            noise = rms_level_db(read_audio(noisy, 8_000) - clean)
            assert speech is not None
            assert noise is not None
            errors.append(speech.level_db - noise - nominal_db)
        mean, spread = float(np.mean(errors)), float(np.std(errors))
        found = f"{folder.name}: {len(errors)} files, mean error {mean:.3f} dB, spread {spread:.3f} dB"
        assert abs(mean) < 0.5, found
        # The corpus was mixed by this very definition: with plain RMS levels the error is -0.55 dB.
        assert abs(mean) < 0.02, found
        assert max(map(abs, errors)) < 0.1, found
