import json
import re

import pytest
from pydantic import ValidationError

from asrdiag.datasets import DATASETS
from asrdiag.datasets.base import Utterance
from asrdiag.errors import UsageError

FULL = {
    "audio": "clips/a.wav",
    "text": "the birch canoe",
    "id": "a",
    "offset": 1.5,
    "duration": 2.25,
    "speaker": "s1",
    "language": "de",
    "subset": "far",
    "factors": {"room": "hall", "snr_db": 5, "far": True, "gain": -1.5, "unknown": None},
}


def load(path, **keys):
    return DATASETS.load("manifest")(id="mine", loader="manifest", path=path, **keys).utterances()


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def jsonl(*rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_a_row_with_everything(write, tmp_path):
    (utterance,) = load(write("m.jsonl", jsonl(FULL)))
    assert utterance == Utterance(
        sample_id="a",
        audio_path=tmp_path / "clips/a.wav",
        reference="the birch canoe",
        language="de",
        offset_s=1.5,
        duration_s=2.25,
        subset="far",
        speaker="s1",
        factors={"room": "hall", "snr_db": 5.0, "far": "true", "gain": -1.5},
    )
    assert isinstance(utterance.factors["snr_db"], float)


def test_a_row_with_the_least(write, tmp_path):
    (utterance,) = load(write("m.jsonl", jsonl({"audio": "clips/a.wav", "text": ""})), language="fr")
    assert utterance == Utterance("clips/a", tmp_path / "clips/a.wav", "", language="fr")


def test_null_counts_as_absent(write):
    row = {"audio": "a.wav", "text": "x"} | dict.fromkeys(FULL.keys() - {"audio", "text"})
    assert load(write("m.jsonl", jsonl(row))) == load(
        write("n.jsonl", jsonl({"audio": "a.wav", "text": "x"}))
    )


def test_absolute_paths_stay(write):
    (utterance,) = load(write("m.jsonl", jsonl({"audio": "/data/a.flac", "text": "x"})))
    assert (str(utterance.audio_path), utterance.sample_id) == ("/data/a.flac", "/data/a")


def test_stretches_of_one_file_are_told_apart_by_their_offset(write):
    rows = [{"audio": "a.wav", "text": "x", "offset": offset} for offset in (0, 1.25, 0.1 + 0.2)]
    utterances = load(write("m.jsonl", jsonl(*rows, {"audio": "b.wav", "text": "x", "offset": 3})))
    assert [u.sample_id for u in utterances] == ["a@0", "a@1.25", "a@0.3", "b"]


def test_the_default_id_is_the_path_as_written(write):
    rows = [{"audio": audio, "text": "x"} for audio in ("./a.b.wav", "../c", ".")]
    assert [u.sample_id for u in load(write("m.jsonl", jsonl(*rows)))] == ["./a.b", "../c", "."]


def test_any_line_ends_a_byte_order_mark_and_blank_lines(write):
    rows = [{"audio": "a.wav", "text": "grüß\u2028 dich"}, {"audio": "b.wav", "text": "y"}]
    plain = load(write("m.jsonl", jsonl(*rows)))
    assert plain[0].reference == "grüß\u2028 dich"
    crlf = b"\xef\xbb\xbf" + jsonl(*rows).replace("\n", "\r\n\r\n").encode().rstrip()
    assert load(write("m.jsonl", crlf)) == plain


def test_ids_may_hold_anything_but_control_characters(write):
    ids = ["a b/c", "日本#1", "../x", 'q"']
    rows = [{"audio": "a.wav", "text": "x", "id": name} for name in ids]
    assert [u.sample_id for u in load(write("m.jsonl", jsonl(*rows)))] == ids


def test_a_table(write, tmp_path):
    text = (
        "audio,text,id,offset,duration,speaker,language,subset,room,snr_db,take\r\n"
        'clips/a.wav,"the birch, he said ""loudly""",a,1.5,2.25,s1,de,far,hall,5,007\r\n'
        "\r\n"
        "clips/b.wav,,,,,,,,,-1.5,8\r\n"
    )
    first, second = load(write("m.csv", text))
    assert first == Utterance(
        "a",
        tmp_path / "clips/a.wav",
        'the birch, he said "loudly"',
        "de",
        1.5,
        2.25,
        "far",
        "s1",
        # `take` stays text: 007 is a name, not a number.
        {"room": "hall", "snr_db": 5.0, "take": "007"},
    )
    assert second == Utterance("clips/b", tmp_path / "clips/b.wav", "", factors={"snr_db": -1.5, "take": "8"})


def test_in_tsv_quotation_marks_are_text(write):
    (utterance,) = load(write("m.TSV", 'audio\ttext\na.wav\t"no, he said\n'))
    assert utterance.reference == '"no, he said'


def test_a_field_over_two_lines_is_one_field(write):
    path = write("m.csv", 'audio,text\na.wav,"one\ntwo"\nb.wav\n')
    assert refusal(path) == "m.csv:4: found 1 fields, expected 2: audio, text"
    path = write("m.csv", 'audio,text\na.wav,"one\ntwo"\n')
    assert load(path)[0].reference == "one\ntwo"


def refusal(path, **keys):
    with pytest.raises(UsageError) as caught:
        load(path, **keys)
    return str(caught.value).replace(f"{path.parent}/", "")


KNOWN = "audio, text, id, offset, duration, speaker, language, subset, factors"
FACTOR = "expected an object with a text, a finite number or a truth value under each name"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "{audio: 1}",
            "found text that is not JSON (key must be a string at line 1 column 2), expected an object",
        ),
        ("[1, 2]", "found [1, 2], expected a JSON object"),
        ('{"text": "x"}', "found no 'audio', only: text; 'audio' and 'text' are required"),
        ('{"audio": "b.wav"}', "found no 'text', only: audio; 'audio' and 'text' are required"),
        ("{}", "found no 'audio', only: nothing; 'audio' and 'text' are required"),
        (
            '{"audio": "b.wav", "txt": "x"}',
            f"found the unknown key 'txt' (did you mean 'text'?); known: {KNOWN}",
        ),
        ('{"audio": "b.wav", "text": "x", "wer": 1}', f"found the unknown key 'wer'; known: {KNOWN}"),
        ('{"audio": "b.wav", "text": 7}', "text: found 7, expected text"),
        ('{"audio": "b.wav", "text": null}', "text: found None, expected text"),
        ('{"audio": "", "text": "x"}', "audio: found '', expected the path of an audio file"),
        ('{"audio": "\\u0000", "text": "x"}', "audio: found '\\x00', expected the path of an audio file"),
        (
            '{"audio": "b.wav", "text": "x", "offset": -1}',
            "offset: found -1, expected a number of seconds, 0 or more",
        ),
        (
            '{"audio": "b.wav", "text": "x", "offset": "1.5"}',
            "offset: found '1.5', expected a number of seconds, 0 or more",
        ),
        (
            '{"audio": "b.wav", "text": "x", "offset": true}',
            "offset: found True, expected a number of seconds, 0 or more",
        ),
        (
            '{"audio": "b.wav", "text": "x", "offset": NaN}',
            "offset: found nan, expected a number of seconds, 0 or more",
        ),
        (
            '{"audio": "b.wav", "text": "x", "duration": 0}',
            "duration: found 0, expected a number of seconds above 0",
        ),
        (
            '{"audio": "b.wav", "text": "x", "duration": 1e999}',
            "duration: found inf, expected a number of seconds above 0",
        ),
        ('{"audio": "b.wav", "text": "x", "id": 7}', "id: found 7, expected text"),
        (
            '{"audio": "b.wav", "text": "x", "id": ""}',
            "found the id '', expected text without control characters",
        ),
        (
            '{"audio": "b.wav", "text": "x", "id": "a\\tb"}',
            "found the id 'a\\tb', expected text without control characters",
        ),
        (
            '{"audio": "b.wav", "text": "x", "id": "a"}',
            "found the id 'a' again, first on line 1; it must be unique",
        ),
        ('{"audio": "b.wav", "text": "x", "factors": 3}', f"factors: found 3, {FACTOR}"),
        ('{"audio": "b.wav", "text": "x", "factors": {"snr": [1]}}', f"factors.snr: found [1], {FACTOR}"),
        ('{"audio": "b.wav", "text": "x", "factors": {"snr": NaN}}', f"factors.snr: found nan, {FACTOR}"),
    ],
)
def test_a_bad_line_is_named_with_what_was_found_and_expected(write, line, message):
    path = write("m.jsonl", f'{{"audio": "a.wav", "text": "x"}}\n{line}\n')
    assert refusal(path).startswith(f"m.jsonl:2: {message}")


def test_a_long_value_is_shortened(write):
    path = write("m.jsonl", jsonl({"audio": "b.wav", "text": ["x" * 500]}))
    assert refusal(path) == f"m.jsonl:1: text: found ['{'x' * 75}..., expected text"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            "m.csv:1: found no column 'audio' and no 'text' in the header (empty); "
            "'audio' and 'text' are required",
        ),
        (
            "a.wav,hello\n",
            "m.csv:1: found no column 'audio' and no 'text' in the header (a.wav, hello); "
            "'audio' and 'text' are required",
        ),
        (
            "audio;text\n",
            "m.csv:1: found no column 'audio' and no 'text' in the header (audio;text); "
            "'audio' and 'text' are required",
        ),
        ("audio,text,text\n", "m.csv:1: found the column 'text' twice"),
        ("audio,text,\n", "m.csv:1: found no name for column 3, expected one for each"),
        ("audio,text\n", "m.csv: found no rows, expected at least one utterance"),
        ("audio,text\na.wav,x\nb.wav,x,y\n", "m.csv:3: found 3 fields, expected 2: audio, text"),
        ("audio,text\n\nb.wav\n", "m.csv:3: found 1 fields, expected 2: audio, text"),
        ("audio,text\n,x\n", "m.csv:2: audio: found '', expected the path of an audio file"),
        (
            'audio,text,offset\na.wav,x,"1,5"\n',
            "m.csv:2: offset: found '1,5', expected a number of seconds, 0 or more",
        ),
        (
            "audio,text,offset\na.wav,x,nan\n",
            "m.csv:2: offset: found nan, expected a number of seconds, 0 or more",
        ),
        (
            "audio,text\na.wav,x\na.wav,x\n",
            "m.csv:3: found the id 'a@0' again, first on line 2; it must be unique",
        ),
        (
            'audio,text\na.wav,x\nb.wav,"y\n',
            "m.csv:3: found broken quoting or line ends (unexpected end of data)",
        ),
    ],
)
def test_a_bad_table_is_named(write, text, message):
    assert refusal(write("m.csv", text)) == message


@pytest.mark.parametrize("name", ["m.jsonl", "m.csv", "m.tsv"])
def test_text_that_is_not_utf8_is_named(write, name):
    header = (
        b'{"audio": "a.wav", "text": "x"}'
        if name == "m.jsonl"
        else b"audio,text".replace(b",", b"\t" if name == "m.tsv" else b",")
    )
    path = write(name, header + b"\nab\xe9\n")
    assert refusal(path) == f"{name}:2: found byte 0xe9 at position 3, expected UTF-8"


def test_an_empty_manifest(write):
    assert refusal(write("m.jsonl", "\n")) == "m.jsonl: found no rows, expected at least one utterance"


def test_a_manifest_that_is_not_there(tmp_path):
    spec = DATASETS.load("manifest")(id="mine", loader="manifest", path=tmp_path / "m.jsonl")
    assert spec.missing() == f"there is no manifest {tmp_path / 'm.jsonl'}"
    with pytest.raises(UsageError, match="mine: there is no manifest"):
        spec.utterances()


def test_another_suffix_is_refused_when_the_suite_is_read(tmp_path):
    message = "found the suffix '.xlsx', expected one of: .jsonl, .csv, .tsv"
    with pytest.raises(ValidationError, match=re.escape(message)):
        DATASETS.load("manifest")(id="mine", loader="manifest", path=tmp_path / "m.xlsx")


def test_a_relative_path_starts_at_the_suite(tmp_path):
    text = '{"id": "mine", "loader": "manifest", "path": "m.csv"}'
    spec = DATASETS.load("manifest").model_validate_json(text, context={"folder": tmp_path})
    assert spec.path == tmp_path / "m.csv"
