import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from asrdiag.engines.chunks import split_at_pauses

RATE_HZ = 1_000


def split(samples):
    return split_at_pauses(samples, RATE_HZ, longest_s=24.0, window_s=6.0)


def noise(n_samples, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, n_samples).astype(np.float32)


def test_24_seconds_stay_whole():
    samples = noise(24 * RATE_HZ)
    (chunk,) = split(samples)
    assert chunk is samples


def test_the_cut_is_in_the_middle_of_the_pause():
    samples = noise(30 * RATE_HZ)
    samples[20 * RATE_HZ : 20 * RATE_HZ + 200] = 0
    # The pause is one frame of 200 samples at the hop grid (20 ms): its middle is at 20.1 s.
    assert [len(chunk) for chunk in split(samples)] == [20_100, 9_900]


def test_a_pause_outside_the_last_six_seconds_does_not_count():
    samples = noise(30 * RATE_HZ)
    samples[10 * RATE_HZ : 11 * RATE_HZ] = 0
    assert 18_000 < len(split(samples)[0]) <= 24_000


def test_no_crumb_is_left_at_the_end():
    samples = noise(24 * RATE_HZ + 10)
    samples[-400:] = 0
    assert len(split(samples)[-1]) >= RATE_HZ


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 130 * RATE_HZ), st.integers(0, 9))
def test_chunks_join_to_the_whole_and_none_is_too_long(n_samples, seed):
    samples = noise(n_samples, seed)
    chunks = split(samples)
    assert np.array_equal(np.concatenate(chunks), samples)
    assert all(len(chunk) <= 24 * RATE_HZ for chunk in chunks)
    assert all(len(chunk) >= RATE_HZ for chunk in chunks[1:])
