"""Batches hold clips of like length, no more than fit, and each clip once."""

import math

from hypothesis import given
from hypothesis import strategies as st

from asrdiag.runner.batching import WINDOW, Room, batches

LENGTHS = st.lists(st.floats(0, 60), max_size=80)


@given(LENGTHS, st.integers(1, 9), st.floats(0.5, 200) | st.just(math.inf))
def test_every_clip_is_in_one_batch_and_every_batch_fits(
    lengths: list[float], clips: int, padded_s: float
) -> None:
    room = Room(clips, padded_s)
    cut = list(room.cut(lengths))
    assert sorted(index for batch in cut for index in batch) == list(range(len(lengths)))
    for batch in cut:
        assert len(batch) <= clips
        # To within rounding: the number that fits is a quotient, and this a product.
        assert len(batch) == 1 or len(batch) * lengths[batch[0]] <= padded_s * (1 + 1e-12)
    in_turn = [lengths[index] for batch in cut for index in batch]
    assert in_turn == sorted(lengths, reverse=True)


@given(st.integers(2, 50), st.floats(0.1, 60), st.floats(1, 1000) | st.just(math.inf))
def test_after_running_out_the_same_clips_are_cut_smaller(
    clips: int, length_s: float, padded_s: float
) -> None:
    before = Room(clips, padded_s)
    first = next(before.cut([length_s] * clips))
    if len(first) > 1:
        assert len(next(before.halved(len(first), length_s).cut([length_s] * clips))) <= len(first) / 2


def test_like_lengths_are_together_in_a_window_and_each_length_is_asked_once() -> None:
    # 2 windows of 32 batches of 2: lengths 0, 1, 2, ... sorted within each, the longest first.
    asked: list[int] = []

    def length_s(position: int) -> float:
        asked.append(position)
        return float(position)

    cut = batches(range(2 * 2 * WINDOW), length_s, Room(clips=2))
    assert next(cut) == (63, 62)
    assert asked == list(range(64))  # the second window is not looked at yet
    rest = list(cut)
    assert rest[31] == (127, 126)
    assert asked == list(range(128))


def test_single_clips_keep_their_order_and_no_length_is_asked() -> None:
    assert list(batches((4, 2, 9), lambda _: 1 / 0, Room(clips=1))) == [(4,), (2,), (9,)]


def test_after_the_longest_clips_of_a_window_come_its_shortest() -> None:
    cut = list(batches(range(8), float, Room(clips=2)))
    assert cut == [(7, 6), (1, 0), (5, 4), (3, 2)]
    assert list(batches(range(2), float, Room(clips=2))) == [(1, 0)]


def test_running_out_over_many_short_clips_leaves_the_long_ones_together() -> None:
    # 16 clips of 30 s are the 480 s of room. 64 of 1 s are fewer than half of those seconds: it is their
    # number that was too large.
    after = Room(64, 480.0).halved(64, 1.0)
    assert (len(next(after.cut([30.0] * 64))), len(next(after.cut([1.0] * 64)))) == (16, 32)
    # Over 16 of 30 s it may be the seconds; then 8 of them are left, and short clips stay many.
    after = Room(64, 480.0).halved(16, 30.0)
    assert (len(next(after.cut([30.0] * 64))), len(next(after.cut([1.0] * 64)))) == (8, 64)


@given(st.integers(2, 64), st.floats(0, 60), st.floats(1, 1000))
def test_running_out_never_takes_both_clips_and_seconds(clips: int, length_s: float, padded_s: float) -> None:
    before = Room(clips, padded_s)
    number = len(next(before.cut([length_s] * clips)))
    if number > 1:
        after = before.halved(number, length_s)
        assert (after.clips == before.clips) != (after.padded_s == before.padded_s)
        # As often as it may happen, a clip is left at a time, and it ends there.
        for _ in range(100):
            number = len(next(after.cut([length_s] * clips)))
            if number == 1:
                break
            after = after.halved(number, length_s)
        assert number == 1
