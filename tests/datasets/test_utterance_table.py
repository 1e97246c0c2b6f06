"""Utterances in columns come out as they went in."""

import dataclasses
import pickle
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asrdiag.datasets.base import Utterance
from asrdiag.datasets.repeats import Repeats
from asrdiag.datasets.utterance_table import SCHEMA, UtteranceTable, fields_of, utterance_of, write_fields
from asrdiag.errors import UsageError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
NAMES = st.binary(min_size=1, max_size=5).map(
    lambda name: Path("/a", name.decode("utf-8", "surrogateescape"))
)
UTTERANCES = st.lists(
    st.builds(
        Utterance,
        sample_id=TEXT,
        audio_path=NAMES,
        reference=TEXT,
        language=st.sampled_from(["en", "zh"]),
        offset_s=st.floats(0, 1e6),
        duration_s=st.none() | st.floats(0.001, 1e6),
        subset=st.sampled_from(["", "far"]),
        speaker=st.none() | TEXT,
        factors=st.dictionaries(TEXT, TEXT | st.floats(allow_nan=False, allow_infinity=False), max_size=3),
        audio_row=st.none() | st.integers(0, 2**40),
        audio_column=TEXT,
    ),
    max_size=6,
)
FEW = [Utterance(f"u{number}", Path(f"/a/{number}.wav"), "x", subset=f"s{number % 2}") for number in range(7)]


def test_there_is_a_column_for_each_field_in_their_order():
    assert SCHEMA.names == [field.name for field in dataclasses.fields(Utterance)]


@given(UTTERANCES)
@settings(max_examples=60, deadline=None)
def test_every_field_survives(utterances):
    table = UtteranceTable.of(utterances)
    assert len(table) == len(utterances)
    assert list(table) == utterances
    assert [table[position] for position in range(len(table))] == utterances
    assert [utterance_of(fields_of(utterance)) for utterance in utterances] == utterances
    assert list(pickle.loads(pickle.dumps(table))) == utterances


@pytest.mark.parametrize("in_file", [False, True])
def test_slices_are_those_of_a_list_also_when_pickled(tmp_path, in_file):
    table = UtteranceTable.of(FEW)
    if in_file:
        with (tmp_path / "rows.arrow").open("wb") as stream:
            write_fields(stream, map(fields_of, FEW))
        table = UtteranceTable(tmp_path / "rows.arrow")
    for part in (slice(2), slice(2, 5), slice(-3, None), slice(5, 2), slice(None, None, -2), slice(1, 99)):
        assert list(table[part]) == FEW[part]
        assert list(pickle.loads(pickle.dumps(table[1:]))[part]) == FEW[1:][part]
    assert table[-1] == FEW[-1]
    with pytest.raises(IndexError):
        table[7]


def test_a_pickle_holds_the_name_of_the_file_and_the_rows_once_that_is_gone(tmp_path):
    path = tmp_path / "rows.arrow"
    many = [dataclasses.replace(FEW[0], sample_id=f"u{number}") for number in range(5000)]
    with path.open("wb") as stream:
        write_fields(stream, map(fields_of, many))
    table = UtteranceTable(path)
    assert len(pickle.dumps(table)) < 1000
    path.unlink()
    assert list(pickle.loads(pickle.dumps(table[4000:4002]))) == many[4000:4002]


def test_values_are_counted_by_their_first_row():
    table = UtteranceTable.of(FEW)
    assert list(table.counts("subset", "language")) == [(("s0", "en"), 4), (("s1", "en"), 3)]
    assert list(table.counts("speaker")) == [((None,), 7)]


def test_ids_that_come_again_are_found():
    table = UtteranceTable.of([FEW[3], FEW[1], FEW[3], FEW[0], FEW[1], FEW[3]])
    assert table.repeated_ids() == [(0, 2, 5), (1, 4)]
    assert table[:2].repeated_ids() == []
    assert UtteranceTable.of([]).repeated_ids() == []


@given(st.lists(st.binary(max_size=2), max_size=30))
def test_repeats_are_those_that_a_dictionary_finds(texts):
    repeats, positions = Repeats(), {}
    for position, text in enumerate(texts):
        repeats.add(text)
        positions.setdefault(text, []).append(position)
    assert repeats.groups() == sorted(tuple(group) for group in positions.values() if len(group) > 1)
    assert repeats.mask().tolist() == [len(positions[text]) > 1 for text in texts]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reference": "a\ud800"}, r"utterance 'u0': found '\\ud800' in its id, path or text, expected char"),
        ({"factors": {"a": "\udcff"}}, r"found the factors \{'a': '\\udcff'\}, expected characters"),
    ],
)
def test_what_cannot_be_written_is_named(change, message):
    with pytest.raises(UsageError, match=message):
        UtteranceTable.of([dataclasses.replace(FEW[0], **change)])


def test_another_arrow_file_is_refused(tmp_path):
    path = tmp_path / "other.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, pa.schema([("a", pa.int64())])):
        pass
    with pytest.raises(pa.ArrowInvalid, match="found the columns"):
        UtteranceTable(path)
