"""Embeddings on disk survive what happens to writers."""

from pathlib import Path

import numpy as np
import pytest

from asrdiag.errors import AsrdiagError
from asrdiag.semantic.encoder import Encoded
from asrdiag.semantic.store import ABSENT, Embeddings, EmbeddingWriter, describe
from asrdiag.semantic.texts import text_keys

TEXTS = ["one", "two", "three", "four"]
VECTORS = np.array([[1, 0, 0], [0, 1, 0], [0.6, 0.8, 0], [-1, 0, 0]], dtype=np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    describe(tmp_path, {"dimension": 3})
    add(tmp_path, slice(0, 3))
    return tmp_path


def add(folder: Path, part: slice) -> None:
    windows = np.arange(1, 5, dtype=np.uint32)[part]
    with EmbeddingWriter(folder, 3) as writer:
        writer.append(text_keys(TEXTS[part]), Encoded(VECTORS[part], windows))


def test_texts_are_found_again(folder: Path) -> None:
    found = Embeddings(folder)
    rows = found.rows(text_keys(["three", "none of them", "one"]))
    assert rows.tolist() == [2, ABSENT, 0]
    assert found.windows(rows[[0, 2]]).tolist() == [3, 1]
    # 0.6 * 1 + 0.8 * 0; a text and itself; 0.6 * 0 + 0.8 * 1
    cosines = found.cosines(np.array([2, 2, 2]), np.array([0, 2, 1]))
    assert cosines.tolist() == pytest.approx([0.6, 1.0, 0.8], abs=1e-6)
    assert cosines[1] == 1.0


def test_opposite_texts_are_negative(folder: Path) -> None:
    add(folder, slice(3, 4))
    assert Embeddings(folder).cosines(np.array([0]), np.array([3])).tolist() == [-1.0]


@pytest.mark.parametrize("cut", ["texts.keys", "texts.vectors"])
def test_a_torn_end_is_cut_and_written_again(folder: Path, cut: str) -> None:
    path = folder / cut
    path.write_bytes(path.read_bytes()[:-5])
    assert Embeddings(folder).rows(text_keys(TEXTS)).tolist() == [0, 1, ABSENT, ABSENT]
    add(folder, slice(2, 4))
    found = Embeddings(folder)
    assert found.rows(text_keys(TEXTS)).tolist() == [0, 1, 2, 3]
    assert found.cosines(np.array([2]), np.array([1])).tolist() == pytest.approx([0.8])


def test_vectors_without_keys_do_not_count(folder: Path) -> None:
    """A writer was killed between the two files."""
    with (folder / "texts.vectors").open("ab") as stream:
        stream.write(VECTORS[:2].tobytes())
    assert len(Embeddings(folder)) == 3
    add(folder, slice(3, 4))
    assert Embeddings(folder).cosines(np.array([3]), np.array([0])).tolist() == [-1.0]


def test_damage_is_said_and_never_scored(folder: Path) -> None:
    path = folder / "texts.vectors"
    path.write_bytes(bytes(len(path.read_bytes())))
    with pytest.raises(AsrdiagError, match=r"texts\.vectors: holds vectors that are not of length 1; remove"):
        Embeddings(folder).cosines(np.array([0]), np.array([1]))
    (folder / "model.json").write_text("{")
    with pytest.raises(AsrdiagError, match=r"model\.json: cannot be read"):
        Embeddings(folder)
