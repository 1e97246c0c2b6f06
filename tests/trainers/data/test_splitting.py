"""Parts have no speaker and no text in common, and come out alike wherever they are made."""

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asrdiag.errors import UsageError
from asrdiag.trainers.data.candidates import Candidate
from asrdiag.trainers.data.clips import Place
from asrdiag.trainers.data.grading import Grade
from asrdiag.trainers.data.pool import Pool
from asrdiag.trainers.data.recipe import Split
from asrdiag.trainers.data.splitting import split

Said = tuple[str | None, str]
"""Who, and what."""


@contextmanager
def pool_of(said: Iterable[Said]) -> Iterator[Pool]:
    with Pool(Path(":memory:"), 0) as pool:
        rows = [
            (Candidate(f"r{n}", f"f:{n}", Place(Path()), text, "en", speaker=speaker), Grade(0.1, 0, text))
            for n, (speaker, text) in enumerate(said)
        ]
        with pool.writing():
            pool.add(0, rows)
        yield pool


def parts(said: Iterable[Said], wanted: Split, seed: int = 0) -> dict[str, list[Said]]:
    found: dict[str, list[Said]] = {}
    with pool_of(said) as pool:
        split(pool, wanted, seed)
        for part, speaker, text in pool.db.execute(
            "SELECT part, speaker, text_id FROM candidates ORDER BY n"
        ):
            found.setdefault(part, []).append((speaker, text))
    return found


SAID = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("01234567")), min_size=4, max_size=60)


@settings(max_examples=60)
@given(SAID, st.sampled_from([("speaker", "text"), ("speaker",), ("text",)]), st.integers(0, 3))
def test_parts_share_nothing_that_is_to_be_kept_apart(
    said: list[Said], disjoint: tuple[str, ...], seed: int
) -> None:
    wanted = Split.model_validate({"validation": 0.2, "test": 0.2, "disjoint": disjoint}, strict=False)
    try:
        found = parts(said, wanted, seed)
    except UsageError:
        assert groups(said, disjoint) < 3
        return
    assert sorted(itertools.chain(*found.values())) == sorted(said)
    assert found.keys() == {"train", "validation", "test"}
    for one, other in itertools.combinations(found.values(), 2):
        for position, what in enumerate(("speaker", "text")):
            if what in disjoint:
                assert not {each[position] for each in one} & {each[position] for each in other}


def groups(said: list[Said], disjoint: tuple[str, ...]) -> int:
    """How many groups hang together, in the simplest way there is."""
    sets = [
        {f"{what}:{who}" for what, who in zip(("speaker", "text"), each, strict=True) if what in disjoint}
        for each in said
    ]
    merged = True
    while merged:
        merged = False
        for one, other in itertools.combinations(sets, 2):
            if one & other:
                one.update(other)
                sets.remove(other)
                merged = True
                break
    return len(sets)


def test_neither_order_nor_further_rows_move_what_was_held_out() -> None:
    said = [(f"s{n}", f"t{n}") for n in range(100)]
    first = parts(said, Split(validation=10))
    assert len(first["validation"]) == 10
    assert set(parts(said[::-1], Split(validation=10))["validation"]) == set(first["validation"])
    # Twice as many rows, and twice as many held out: all of the first stay where they are, or nearly all.
    more = parts([*said, *((f"u{n}", f"v{n}") for n in range(100))], Split(validation=20))
    assert len(set(first["validation"]) & set(more["validation"])) >= 7
    assert set(parts(said, Split(validation=10), seed=1)["validation"]) != set(first["validation"])


def test_a_share_is_met_as_far_as_groups_allow() -> None:
    said = [(f"s{n % 10}", f"t{n}") for n in range(100)]  # ten groups of ten rows
    found = parts(said, Split(validation=0.25, test=0.1))
    assert {part: len(rows) for part, rows in found.items()} == {"validation": 20, "test": 10, "train": 70}


def test_one_speaker_cannot_be_parted_from_himself() -> None:
    message = (
        r"^all 5 rows are of one speaker, but the parts validation and train with no speaker or text in "
        r"common need at least 2: `split: \{disjoint: \[text\]\}` keeps texts apart, and speakers not$"
    )
    said = [("s1", f"t{n}") for n in range(5)]
    with pytest.raises(UsageError, match=message):
        parts(said, Split())
    assert set(parts(said, Split(validation=0.2, disjoint=("text",)))) == {"train", "validation"}


def test_a_sentence_that_all_say_ties_them_together_and_both_ways_out_are_named() -> None:
    said = [*((f"s{n}", "the same") for n in range(4)), *((f"s{n}", f"t{n}") for n in range(4))]
    with pytest.raises(
        UsageError, match=r"the 8 rows form 1 group by speaker and text(.*)\[text\](.*)\[speaker\]"
    ):
        parts(said, Split())
    assert len(parts(said, Split(disjoint=("speaker",), validation=2))["validation"]) == 2


def test_rows_without_a_speaker_are_named() -> None:
    with pytest.raises(UsageError, match=r"1 rows name no speaker \(the first: 'r1'\)"):
        parts([("s1", "t1"), (None, "t2")], Split())
    assert set(parts([("s1", "t1"), (None, "t2")], Split(disjoint=("text",)))) == {"train", "validation"}
