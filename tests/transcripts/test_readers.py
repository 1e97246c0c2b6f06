"""Every format's reader: what it makes of a good file, and what it says of a bad one."""

import gzip
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrdiag.errors import UsageError
from asrdiag.transcripts.formats import FORMATS, read_transcripts

Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def cells(path: Path, format: str | None = None) -> list[dict[str, object]]:
    return [dict(row.cells) for row in read_transcripts(path, format).as_rows()]


def test_trn(write: Write) -> None:
    path = write(
        "a.trn",
        ";; first\nshe had (a) suit (cmh_sa01)\n\n(cmh_sa02)\nno space(cmh_sa03)\nf(x) ( cmh_sa04 ) \n",
    )
    assert cells(path) == [
        {"id": "cmh_sa01", "text": "she had (a) suit"},
        {"id": "cmh_sa02", "text": ""},
        {"id": "cmh_sa03", "text": "no space"},
        {"id": "cmh_sa04", "text": "f(x)"},
    ]
    assert [row.line for row in read_transcripts(path).rows] == [2, 4, 5, 6]


def test_kaldi_text(write: Write) -> None:
    path = write("text", "1089-0 HE HOPED  (so)\n1089-1\n  1089-2\tTHERE\tWOULD \n")
    assert cells(path) == [
        {"id": "1089-0", "text": "HE HOPED  (so)"},
        {"id": "1089-1", "text": ""},
        {"id": "1089-2", "text": "THERE\tWOULD"},
    ]


def test_csv_with_quotes_line_ends_and_a_byte_order_mark(write: Write) -> None:
    path = write("a.csv", '\ufeffID, Text ,speaker\r\nu1,"one, ""two""\nthree",s1\r\n\r\nu2,,s2\r\n')
    assert cells(path) == [
        {"id": "u1", "text": 'one, "two"\nthree', "speaker": "s1"},
        {"id": "u2", "text": "", "speaker": "s2"},
    ]
    assert [row.line for row in read_transcripts(path).rows] == [2, 5]


def test_csv_with_semicolons(write: Write) -> None:
    assert cells(write("a.csv", "id;text\nu1;one, two\n")) == [{"id": "u1", "text": "one, two"}]


def test_tsv_takes_quotation_marks_as_they_are(write: Write) -> None:
    assert cells(write("a.tsv", 'id\ttext\nu1\tsay "hi\nu2\t\n')) == [
        {"id": "u1", "text": 'say "hi'},
        {"id": "u2", "text": ""},
    ]


def test_jsonl_keeps_what_json_says(write: Write) -> None:
    path = write(
        "a.jsonl", '{"ID": 5, "text": "one", "pred_text": null}\n\n{"id": 6, "text": "", "pred_text": ""}'
    )
    assert cells(path) == [
        {"id": 5, "text": "one", "pred_text": None},
        {"id": 6, "text": "", "pred_text": ""},
    ]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (
            '[{"id": 1, "Text": "a"}, {"id": 2, "text": "b"}]',
            [(1, {"id": 1, "text": "a"}), (1, {"id": 2, "text": "b"})],
        ),
        ('\n[\n{"id": 1},\n\n{"id":\n2}\n]\n', [(3, {"id": 1}), (5, {"id": 2})]),
        ('[{"session_id": "s", "words": "a, ]"}]', [(1, {"session_id": "s", "words": "a, ]"})]),
        ('{"u1": "a", "u2": null}\n', [(1, {"id": "u1", "text": "a"}), (1, {"id": "u2", "text": None})]),
        ('{\n"u1": {"ref": "a", "hyp": "b"}}', [(1, {"id": "u1", "ref": "a", "hyp": "b"})]),
        ('{\n"id": "u1",\n"text": "a"\n}\n', [(1, {"id": "u1", "text": "a"})]),
        ('{"id": "u1", "text": "a"}\n', [(1, {"id": "u1", "text": "a"})]),
    ],
)
def test_json_in_one_piece(write: Write, content: str, rows: list[tuple[int, dict[str, object]]]) -> None:
    read = read_transcripts(write("a.json", content)).rows
    assert [(row.line, dict(row.cells)) for row in read] == rows


def test_our_samples_are_read_as_a_run_reads_them(write: Write) -> None:
    """The last record of an utterance counts, unless it withdraws it."""
    records = [
        {"sample_id": "a", "system": "s", "hypothesis_raw": None},
        {"sample_id": "b", "system": "s", "hypothesis_raw": "x"},
        {"sample_id": "a", "system": "s", "hypothesis_raw": "again"},
        {"sample_id": "b", "withdrawn": True},
    ]
    path = write("samples.jsonl", "".join(json.dumps(record) + "\n" for record in records))
    assert cells(path) == [{"sample_id": "a", "system": "s", "hypothesis_raw": "again"}]
    write("samples.jsonl", "".join(json.dumps(records[0] | {"system": name}) + "\n" for name in "st"))
    with pytest.raises(UsageError, match=r"samples.jsonl:2: found samples of a second cell \(t/None/None\)"):
        read_transcripts(path)


def test_ctm_words_are_put_in_the_order_of_their_times(write: Write) -> None:
    path = write("a.ctm", ";; call\n7654 A 12.00 0.34 YOU -12.38\n7654 A 11.34 .2 YES\n\n7654 B 1 0.1 I\n")
    assert cells(path) == [
        {"file_channel": "7654 A", "text": "YES YOU"},
        {"file_channel": "7654 B", "text": "I"},
    ]
    one_each = write("b.ctm", "utt-1 1 0.1 0.2 yes\nutt-2 1 0.1 0.2 no\n")
    assert [row["id"] for row in cells(one_each)] == ["utt-1", "utt-2"]


def test_stm_segments(write: Write) -> None:
    path = write(
        "a.stm",
        ';; LABEL "O" "All" ""\n2345 A s1 0.10 2.030 <o,f0,male> uh huh\n2345 A s2 2.1 3.04 <unk> dog\n'
        "2345 A s1 3.04 4\n2345 A - 4 5 ignore_time_segment_in_scoring\n2345 A s1 5 6 <o>\n",
    )
    place = {"file": "2345", "channel": "A"}
    assert cells(path) == [
        place
        | {"id": "2345 A s1 0.1 2.03", "text": "uh huh", "speaker": "s1"}
        | {"label_1": "o", "label_2": "f0", "label_3": "male"},
        place | {"id": "2345 A s2 2.1 3.04", "text": "dog", "speaker": "s2", "label_1": "unk"},
        place | {"id": "2345 A s1 3.04 4", "text": "", "speaker": "s1"},
        place | {"id": "2345 A s1 5 6", "text": "", "speaker": "s1", "label_1": "o"},
    ]


def test_bare_lines_are_numbered_and_empty_ones_count(write: Write) -> None:
    path = write("a.txt", "one\n\nthree")
    assert cells(path, "lines") == [
        {"id": "1", "text": "one"},
        {"id": "2", "text": ""},
        {"id": "3", "text": "three"},
    ]


def test_no_line_is_lost_where_looking_into_the_file_ends(write: Write) -> None:
    path = write("hyp.txt", "".join(f"u{number} word\n" for number in range(1000)))
    assert [row["id"] for row in cells(path)] == [f"u{number}" for number in range(1000)]


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("a.TRN", "one (u1)\n", "trn"),
        ("hyp.txt", ";; said\none (u1)\ntwo (u2)\n", "trn"),
        ("hyp.txt", "u1 one\nu2 two (loud)\n", "kaldi"),
        ("text", "u1 one\n", "kaldi"),
        ("manifest.json", '{"id": "u1", "text": "one"}\n', "jsonl"),
        ("predictions", '\n{"id": "u1", "text": "one"}\n', "jsonl"),
        ("predictions", "utt_id\ttranscript\nu1\tone\n", "tsv"),
        ("predictions", "speaker,id,prediction\ns,u1,one\n", "csv"),
        ("predictions", "speaker;id;prediction\ns;u1;one\n", "csv"),
        ("predictions", "id, text\n", "csv"),
        ("text", "u1 1 2 3 4\n", "kaldi"),
        ("digits.txt", "u1 1 2 3\n", "kaldi"),
        ("hyp.txt", "ann_a one\nben_a two\nno id\n", "kaldi"),
        ("text", "a one\nb two\n", "kaldi"),
        ("records", '[{"id": "u1", "text": "one"}]', "jsonl"),
    ],
)
def test_the_format_is_told_by_suffix_or_content(write: Write, name: str, content: str, format: str) -> None:
    path = write(name, content if not content.endswith("text\n") else f"{content}u1,one\n")
    assert read_transcripts(path).format == format


@pytest.mark.parametrize(
    ("content", "kind"),
    [("7654 A 1.5 0.2 yes\n", "ctm"), ("7654 A s 1.5 2 yes\n", "stm"), ("u 1 2 3 4\n", "stm")],
)
def test_what_may_be_two_formats_is_asked_for(write: Write, content: str, kind: str) -> None:
    path = write("a.txt", content)
    with pytest.raises(UsageError, match=f"may be {kind} or Kaldi text; say which with --ref-format"):
        read_transcripts(path)
    assert read_transcripts(path, "kaldi").rows


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.trn", "", "a.trn: found no utterance in it"),
        ("a.trn", "\n;; only this\n", "a.trn: found no utterance in it"),
        ("a.csv", "id,text\n", "a.csv: found no utterance in it"),
        (
            "a.trn",
            "one (u1)\ntwo u2\n",
            r"a.trn:2: found 'two u2', expected words and then .* id in parentheses",
        ),
        ("a.trn", "one (so quiet)\n", r"a.trn:1: found \(so quiet\) at the end of the line, expected .* id"),
        ("a.trn", "one ()\n", r"a.trn:1: found \(\) at the end of the line"),
        (
            "a.trn",
            "um { one / two } (u1)\n",
            "a.trn:1: found the alternatives '{ one / two }', which are not",
        ),
        ("a.stm", "f A s 0 1 { um / uh }\n", "a.stm:1: found the alternatives"),
        ("a.ctm", "f A * * <ALT_BEGIN>\n", "a.ctm:1: found <ALT_BEGIN>: alternatives are not supported"),
        ("a.ctm", "f A 1 0.1\n", r"a.ctm:1: found 'f A 1 0.1', expected: file channel begin duration word"),
        ("a.ctm", "f A 1 0.1 two words here\n", "a.ctm:1: found 'f A 1 0.1 two words here'"),
        ("a.ctm", "f A 1 nan yes\n", "a.ctm:1: found the duration time 'nan', expected a number of seconds"),
        ("a.stm", "f A s 0\n", "a.stm:1: found 'f A s 0', expected: file channel speaker begin end"),
        ("a.stm", "f A s x 1 yes\n", "a.stm:1: found the begin time 'x'"),
        ("a.stm", "f A s 2 1 yes\n", "a.stm:1: found the end 1 before the begin 2"),
        ("a.csv", "id,text\nu1\n", r"a.csv:2: found 1 cell\(s\), expected 2: id, text"),
        ("a.csv", "id,text,\nu1,a,b\n", "a.csv:1: found no name for column 3"),
        ("a.csv", "id,ID\nu1,a\n", "a.csv:1: found the column 'id' twice"),
        ("a.csv", 'id,text\nu1,"a\nb\n', "a.csv:2: found broken quoting"),
        ("a.tsv", "sp01\tThe birch\n", r"a.tsv:1: found 'sp01 The birch', expected a header .* format kaldi"),
        ("a.csv", "id\ttext\nu1\ta\n", "a.csv:1: found tabs in the header of a CSV file"),
        (
            "a.jsonl",
            '{"id": "u1"\n',
            r"a.jsonl:1: found '{\"id\": \"u1\"', expected a JSON object on each line",
        ),
        ("a.jsonl", '{"id": "u1"}\n7\n', "a.jsonl:2: found '7', expected a JSON object"),
        ("a.json", '[\n{"id": "u1"},\n 7]\n', "a.json:3: found '7', expected a JSON object"),
        ("a.json", '[\n{"id": "u1"}\n{}]\n', r"a.json:3: found '{}\]', .*, or one array of objects"),
        ("a.json", '{"u1": "a",\n"u1": "b"}', r"a.json:1: .* \(the key 'u1' is there twice\)"),
        ("a.json", '{\n"config": 3}', "a.json:1: found one JSON object with 'config', expected an array"),
        ("a.ctm", "f A 1 -0.1 yes\n", "a.ctm:1: found the duration -0.1, expected 0 or more seconds"),
        ("hyp.txt", "the cat\nit sat\n", r"hyp.txt: .* first words \('the', 'it'\) .*: kaldi or lines"),
        ("hyp.txt", "7 cats\nit sat\n", r"may be Kaldi text or bare text"),
        ("a.jsonl", "[" * 100_000, r"a.jsonl:1: .* \(RecursionError\)"),
        ("a.trn", b"caf\xe9 (u1)\n", "a.trn:1: found byte 0xe9 at position 4, expected UTF-8"),
        ("a.trn", b"one (u1)\nt\x00o (u2)\n", "a.trn:2: found a NUL byte at position 2, expected text"),
        ("a.trn", "one (u1)\n".encode("utf-16"), "a.trn:1: found UTF-16, expected UTF-8"),
        ("a.trn.gz", gzip.compress(b"one (u1)\n", mtime=0), "a.trn.gz:1: found gzip data"),
    ],
)
def test_bad_files_are_refused_with_file_and_line(
    write: Write, name: str, content: str | bytes, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        read_transcripts(write(name, content))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing.trn: cannot be read: No such file"):
        read_transcripts(tmp_path / "nothing.trn")
    with pytest.raises(UsageError, match=r"found a directory, expected a file of transcripts$"):
        read_transcripts(tmp_path)
    (tmp_path / "run.json").touch()
    with pytest.raises(UsageError, match="a run is scored with `asrdiag score RUN`"):
        read_transcripts(tmp_path)
    with pytest.raises(UsageError, match=r"unknown format 'kald' \(did you mean 'kaldi'\?\)"):
        read_transcripts(tmp_path, "kald")


def test_a_file_without_line_ends_is_not_read_for_ever(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asrdiag.transcripts.source.LONGEST_LINE", 20)
    assert len(cells(write("text", "u1 twenty bytes now\n"))) == 1  # with its line end
    with pytest.raises(UsageError, match=r"text:2: found a line of 20 bytes, expected a shorter one"):
        read_transcripts(write("text", "u1 fifteen byte\nu2 twenty bytes or so\n"))


PIECES = [
    "id,text\n",
    "id\ttext\n",
    '{"id": 1, "text": "a"}',
    "u1 a b",
    "f A 0 1 ",
    "(u1)",
    '"',
    "\r\n",
    "\n",
    "\r",
]
PIECES += [
    "{ a / b }",
    ";;",
    "\ufeff",
    "\u2028",
    "\x85",
    "\x00",
    "[",
    "}",
    "\t",
    ",",
    ";",
    "nan",
    "*",
    "\ud7ff",
    "你好",
]


@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=5)).map("".join), st.sampled_from([*FORMATS, None])
)
def test_any_text_is_read_or_refused(text: str, format: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            rows = read_transcripts(path, format).as_rows()
        except UsageError as error:
            assert str(path) in str(error)
        else:
            assert all(row.line >= 1 and row.cells for row in rows)
