import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrdiag.checkpoints.tensor_files import copy_renamed, find_tensor_files, read_tensor_file
from asrdiag.errors import UsageError

safetensors = pytest.importorskip("safetensors.numpy", reason="needs the extra transformers")

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
ARRAYS = st.tuples(
    st.sampled_from(["float32", "float16", "uint8", "int64"]), st.lists(st.integers(0, 3), max_size=3)
).map(lambda drawn: np.arange(np.prod(drawn[1], dtype=int), dtype=drawn[0]).reshape(drawn[1]))


@given(
    st.dictionaries(NAMES.filter(lambda name: name != "__metadata__"), ARRAYS, min_size=1, max_size=5),
    st.data(),
)
def test_a_copy_has_the_same_tensors_under_other_names(tmp_path_factory, tensors, data):
    folder = tmp_path_factory.mktemp("files")
    safetensors.save_file(tensors, folder / "a.safetensors")
    kept = data.draw(st.sets(st.sampled_from(sorted(tensors))))
    source = read_tensor_file(folder / "a.safetensors")
    assert {name: tensor.shape for name, tensor in source.tensors.items()} == {
        name: array.shape for name, array in tensors.items()
    }
    copy_renamed(source, {name: f"new.{name}" for name in kept}, folder / "b.safetensors")
    found = safetensors.load_file(folder / "b.safetensors")  # by the library itself
    assert found.keys() == {f"new.{name}" for name in kept}
    for name in kept:
        assert found[f"new.{name}"].dtype == tensors[name].dtype
        np.testing.assert_array_equal(found[f"new.{name}"], tensors[name])
        assert b"".join(source.pieces(name)) == tensors[name].tobytes()


def test_a_piece_is_copied_at_a_time(tmp_path, monkeypatch):
    # 1,000 bytes in pieces of 64: 15 whole ones and one of 40.
    monkeypatch.setattr("asrdiag.checkpoints.tensor_files._PIECE", 64)
    values = np.arange(250, dtype=np.float32)
    safetensors.save_file({"a": values, "b": values[::-1].copy()}, tmp_path / "a.safetensors")
    copy_renamed(read_tensor_file(tmp_path / "a.safetensors"), {"b": "c"}, tmp_path / "b.safetensors")
    np.testing.assert_array_equal(safetensors.load_file(tmp_path / "b.safetensors")["c"], values[::-1])


def framed(header):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x05",
        struct.pack("<Q", 10) + b"{}",
        struct.pack("<Q", 2**60) + b"{}",
        framed(b"\xff\xfe\xfd"),
        framed([1]),
        framed({"a": {"dtype": "F32", "shape": [1]}}),
        framed({"a": {"dtype": "F32", "shape": 1, "data_offsets": [0, 4]}}) + b"1234",
        framed({"a": [1, 2]}),
    ],
)
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"a\.safetensors: this is not a safetensors file"):
        read_tensor_file(path)


@pytest.mark.parametrize("extra", [-1, 1])
def test_another_size_than_the_header_says_is_refused(tmp_path, extra):
    path = tmp_path / "a.safetensors"
    path.write_bytes(framed({"a": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]}}) + bytes(8 + extra))
    with pytest.raises(UsageError, match="the file is cut off or damaged"):
        read_tensor_file(path)


def test_a_tensor_in_two_shards_is_refused(tmp_path):
    for name in ("1.safetensors", "2.safetensors"):
        safetensors.save_file({"a": np.zeros(1)}, tmp_path / name)
    places = {"a": "1.safetensors", "b": "2.safetensors"}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    with pytest.raises(UsageError, match="the same tensor is in two shards"):
        find_tensor_files(tmp_path)


@pytest.mark.parametrize("index", ["{", "[]", "{}", '{"weight_map": ["a"]}', '{"weight_map": {"a": 1}}'])
def test_another_index_is_refused(tmp_path, index):
    (tmp_path / "model.safetensors.index.json").write_text(index)
    with pytest.raises(UsageError, match="expected an object with a weight_map"):
        find_tensor_files(tmp_path)


def test_shards_are_looked_for_in_the_folder_only(tmp_path):
    (tmp_path / "model.safetensors.index.json").write_text('{"weight_map": {"a": "/etc/passwd"}}')
    with pytest.raises(UsageError, match="which is not there"):
        find_tensor_files(tmp_path)
