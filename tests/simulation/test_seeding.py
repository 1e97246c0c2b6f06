import numpy as np

from asrdiag.simulation.seeding import draws


def test_the_numbers_are_frozen() -> None:
    # sha256 of '[0, "sp01", "babble", ""]' as eight little-endian words seeds the Mersenne Twister; these are
    # its first numbers, and no version of NumPy may give others.
    found = draws(0, "sp01", "babble").random_sample(3)
    np.testing.assert_allclose(
        found, [0.034887311359704354, 0.13574234977549526, 0.19462160549574525], rtol=0, atol=1e-15
    )


def test_every_argument_counts_and_they_do_not_run_into_each_other() -> None:
    keys = [
        (0, "sp01", "babble", ""),
        (1, "sp01", "babble", ""),
        (0, "sp02", "babble", ""),
        (0, "sp01", "pink", ""),
        (0, "sp01", "babble", "offset"),
        (0, "sp0", "1babble", ""),
        (0, "sp01babble", "", ""),
        (0, 'sp01", "babble', "", ""),
        (0, "spé", "babble", ""),
    ]
    assert len({draws(*key).random_sample() for key in keys}) == len(keys)


def test_streams_do_not_shift_each_other() -> None:
    before = draws(7, "a", "b", "offset").random_sample()
    draws(7, "a", "b", "file").random_sample(1000)
    np.random.seed(5)  # noqa: NPY002 - the global state is what must not matter
    assert draws(7, "a", "b", "offset").random_sample() == before
