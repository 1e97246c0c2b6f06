"""Which clips are drawn: by the seed and the place alone, and in the shares that a recipe asks for."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrdiag.errors import UsageError
from asrdiag.trainers.rl.draws import Draws


class Rows(SimpleNamespace):
    """So many clips of each base WER; `None` is ungraded, and 0 a clean one."""

    def __len__(self):
        return len(self.known.base_wer)


def pool(*graded):
    rates = np.array([np.nan if wer is None else wer for wer, n in graded for _ in range(n)])
    return Rows(
        known=SimpleNamespace(base_wer=rates, clean=rates == 0), rows=SimpleNamespace(path="rows.jsonl")
    )


@given(n=st.integers(1, 30), seed=st.integers(0, 99), stride=st.integers(1, 4))
def test_each_clip_comes_once_in_a_round_whoever_takes_it(n, seed, stride):
    alone = Draws(pool((0.4, n)), None, seed)
    rounds = [alone.take(n) for _ in range(3)]
    assert all(sorted(each) == list(range(n)) for each in rounds)
    expected = [clip for each in rounds for clip in each]
    together = [Draws(pool((0.4, n)), None, seed, first=first, stride=stride) for first in range(stride)]
    shares = [each.take(-(-(len(expected) - first) // stride)) for first, each in enumerate(together)]
    assert [expected[first::stride] for first in range(stride)] == shares


@given(place=st.integers(0, 60), seed=st.integers(0, 99))
def test_it_goes_on_from_a_place(place, seed):
    clips = pool((0.2, 7), (0.6, 5))
    enrich = {"<30": 1.0, "<70": 3.0}
    whole = Draws(clips, enrich, seed).take(80)
    again = Draws(clips, enrich, seed)
    again.place = place
    assert again.take(20) == whole[place : place + 20]


def test_bins_have_their_shares_and_no_clip_of_one_is_left_out():
    clips = pool((0.1, 8), (0.4, 6), (0.6, 100), (0.9, 3), (None, 3), (0, 5))
    draws = Draws(clips, {"<30": 1, "<50": 1, "<70": 2}, seed=3)
    # The bin of 6 is the smallest for its quarter: rounds of 6 + 6 + 12.
    assert draws.round_size == 24
    bins = np.repeat(["<30", "<50", "<70", "other"], [8, 6, 100, 11])
    for _ in range(4):
        assert Counter(bins[draws.take(24)].tolist()) == {"<30": 6, "<50": 6, "<70": 12}
    drawn = Counter(draws.take(24 * 100))
    hard = [drawn[index] for index in range(14, 114)]
    assert sum(hard) == 1200 and {*hard} <= {11, 12, 13}
    assert not any(drawn[index] for index in range(114, 125))


def test_a_bin_without_clips_is_named_with_those_that_there_are():
    with pytest.raises(
        UsageError, match=r"rows\.jsonl has no usable row in the bin '<50'.*in: <30, ungraded"
    ):
        Draws(pool((0.1, 2), (None, 1)), {"<30": 1, "<50": 1}, seed=0)
    with pytest.raises(UsageError, match="no row can be used"):
        Draws(pool(), None, seed=0)
