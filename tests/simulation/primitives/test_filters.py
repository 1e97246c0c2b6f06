import numpy as np
import pytest

from asrdiag.blocks import Samples
from asrdiag.simulation.primitives import highpass, lowpass


def response(found: Samples, frequency_hz: np.ndarray, rate: int) -> np.ndarray:
    """The magnitude at some frequencies of what an impulse became; summed, as the response may be long."""
    turns = np.exp(-2j * np.pi * np.outer(frequency_hz, np.arange(len(found))) / rate)
    return np.abs(turns @ found.astype(np.float64))


def impulse(rate: int) -> Samples:
    click = np.zeros(rate, np.float32)
    click[1] = 1  # not the first sample, from which a pass starts
    return click


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("passes", [1, 3, 6])
@pytest.mark.parametrize("cutoff_hz", [100.0, 500.0, 1750.0, 3900.0])
def test_the_response_is_the_analytic_one(rate: int, passes: int, cutoff_hz: float) -> None:
    frequency_hz = np.array([20.0, 100.0, 500.0, 1000.0, 2000.0, 3000.0, 0.49 * rate])
    z = np.exp(-2j * np.pi * frequency_hz / rate)
    w = 2 * np.pi * cutoff_hz / rate
    share = w / (1 + w)  # dt / (RC + dt), both times rate * w
    low = np.abs(share / (1 - (1 - share) * z)) ** passes
    keep = 1 / (1 + w)  # RC / (RC + dt)
    high = np.abs(keep * (1 - z) / (1 - keep * z)) ** passes
    click = impulse(rate)
    found_low = response(lowpass(click, rate, cutoff_hz, passes=passes), frequency_hz, rate)
    found_high = response(highpass(click, rate, cutoff_hz, passes=passes), frequency_hz, rate)
    np.testing.assert_allclose(found_low, low, atol=2e-6)
    np.testing.assert_allclose(found_high, high, atol=2e-6)


def test_each_pass_is_mixed_with_what_went_into_it() -> None:
    rate, frequency_hz = 16_000, np.array([500.0, 3000.0, 7000.0])
    share = (w := 2 * np.pi * 1750 / rate) / (1 + w)
    once = 0.9 * share / (1 - (1 - share) * np.exp(-2j * np.pi * frequency_hz / rate)) + 0.1
    found = lowpass(impulse(rate), rate, 1750.0, passes=3, wet=0.9)
    np.testing.assert_allclose(response(found, frequency_hz, rate), np.abs(once) ** 3, atol=2e-6)
    np.testing.assert_array_equal(lowpass(impulse(rate), rate, 1750.0, passes=3, wet=0.0), impulse(rate))


def test_a_pass_starts_from_the_first_sample() -> None:
    # So a constant passes a low-pass unchanged, and decays in a high-pass by k a sample, from itself.
    dc = np.full(4, 0.5, np.float32)
    np.testing.assert_allclose(lowpass(dc, 16_000, 100.0, passes=5), dc, rtol=1e-6)
    keep = 1 / (1 + 2 * np.pi * 100 / 16_000)
    np.testing.assert_allclose(highpass(dc, 16_000, 100.0), 0.5 * keep ** np.arange(4), rtol=1e-6)


@pytest.mark.parametrize("function", [lowpass, highpass])
@pytest.mark.parametrize(
    ("rate", "keys", "message"),
    [
        (8_000, {"cutoff_hz": 4001.0}, "cutoff_hz is 4001.0, expected more than 0 and at most 4000"),
        (8_000, {"cutoff_hz": 0.0}, "cutoff_hz is 0.0"),
        (8_000, {"cutoff_hz": float("nan")}, "cutoff_hz is nan"),
        (8_000, {"cutoff_hz": 100.0, "passes": 0}, "passes is 0, expected 1 to 16"),
        (8_000, {"cutoff_hz": 100.0, "passes": 17}, "passes is 17"),
        (8_000, {"cutoff_hz": 100.0, "wet": 1.1}, "wet is 1.1, expected 0 to 1"),
    ],
)
def test_parameters_that_are_refused(
    function: object, rate: int, keys: dict[str, float], message: str
) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match=message):
        function(np.zeros(100, np.float32), rate, **keys)
