import hashlib

import pytest

from asrdiag.engines.moonshine_files import find_files
from asrdiag.engines.moonshine_tokens import Vocabulary, read_vocabulary
from asrdiag.errors import UsageError


@pytest.fixture(scope="module")
def vocabulary():
    return read_vocabulary(find_files().tokenizer)


def test_ids_and_texts_are_those_of_tokenizer_json(vocabulary):
    # Ids as the `tokenizers` library gives them for the model's tokenizer.json; 1 is the begin marker.
    assert len(vocabulary) == 32_768
    assert vocabulary.text([1, 739, 471, 278]) == "It was the"
    assert vocabulary.text([1, 739, 29915, 29879, 29871]) == "It's"


def test_every_id_has_the_text_of_tokenizer_json(vocabulary):
    texts = "\0".join(vocabulary.text([index]) for index in range(32_768))
    assert (
        hashlib.sha256(texts.encode()).hexdigest()
        == "ad85f4f45e345a89169d998947f58a2dbe4c829bbcf40dea9fee9b63c757a03c"
    )


def test_characters_without_a_token_are_put_together_from_bytes(vocabulary):
    # Id 3 + b is the byte b; U+1F600 is f0 9f 98 80.
    grin = [3 + byte for byte in "\U0001f600".encode()]
    assert vocabulary.text(grin) == "\U0001f600"
    assert vocabulary.text(grin[:2]) == "\ufffd"


def test_markers_are_no_text(vocabulary):
    assert vocabulary.text([0, 1, 2, 32_000, 32_767]) == ""


def test_an_empty_transcript(vocabulary):
    assert vocabulary.text([]) == ""


def test_only_the_leading_space_goes():
    assert Vocabulary([b"", b"", b"", "\u2581a".encode()]).text([3, 3]) == "a a"


@pytest.mark.parametrize("data", [b"\x05<unk>\x09<s>", b"\x05<unk>\x80abc"])
def test_a_damaged_file_is_named(tmp_path, data):
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=r"tokenizer.bin: found no whole token at byte 6, expected"):
        read_vocabulary(path)
