"""Which hypothesis belongs to which utterance, and what is said where that is not certain."""

import json
from pathlib import Path

import pytest

from asrdiag.datasets.base import Utterance
from asrdiag.engines.base import Failed, Given, Transcript
from asrdiag.engines.prediction_file import read_predictions
from asrdiag.engines.prediction_join import join
from asrdiag.errors import UsageError


def utterance(sample_id: str, audio: str = "", offset_s: float = 0.0, reference: str = "said") -> Utterance:
    return Utterance(sample_id, Path("/corpus") / (audio or f"{sample_id}.wav"), reference, offset_s=offset_s)


AB = (utterance("a"), utterance("b"))


def given(
    text: str, folder: Path, utterances: tuple[Utterance, ...] = AB, name: str = "hyp.jsonl", **told: object
) -> Given:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    options = {"format": None, "column": None, "allow_surplus": False} | told
    found = read_predictions(path, options["format"], options["column"])
    return join(found, "mine", utterances, allow_surplus=options["allow_surplus"])


def rows(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def texts(found: Given) -> dict[str, str | None]:
    return {
        name: answer.text if isinstance(answer, Transcript) else None
        for name, answer in found.answers.items()
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hyp.jsonl", '{"id": "b", "text": "two"}\n{"id": "a", "text": "one"}\n'),
        ("hyp.json", '{"a": "one", "b": "two"}'),
        ("hyp.csv", "id,hypothesis,reference\na,one,x\nb,two,y\n"),
        ("hyp.tsv", "utt_id\tpred_text\nb\ttwo\na\tone\n"),
        ("hyp.trn", "one (a)\ntwo (b)\n"),
        ("text", "a one\nb two\n"),
        ("manifest.json", rows(*({"audio_filepath": f"/x/{n}.wav", "text": "said", "pred_text": t} for n, t in
                                 [("a", "one"), ("b", "two")]))),
        ("vitw.jsonl", rows(*({"index": i, "audio_path": f"audio/{n}.wav", "answer": "said", "prediction": t}
                              for i, n, t in [(7, "a", "one"), (8, "b", "two")]))),
    ],
)  # fmt: skip
def test_every_format_gives_the_same(tmp_path: Path, name: str, text: str) -> None:
    found = given(text, tmp_path, name=name)
    assert texts(found) == {"a": "one", "b": "two"}
    assert (found.problems, found.remarks) == ((), ())


def test_an_answer_says_where_it_stands(tmp_path: Path) -> None:
    found = given("\none (a)\ntwo (b)\n", tmp_path, name="hyp.trn")
    assert found.answers["b"].details == {"file": "hyp.trn", "line": 3}


def test_the_format_can_be_told_and_must_be_where_the_suffix_says_nothing(tmp_path: Path) -> None:
    assert texts(given("a one\nb two\n", tmp_path, name="h.txt", format="kaldi")) == {"a": "one", "b": "two"}
    with pytest.raises(
        UsageError, match=r"h\.txt: found the suffix '\.txt', expected `format:` with one of: jsonl"
    ):
        given("a one\n", tmp_path, name="h.txt")
    with pytest.raises(UsageError, match="found the format ctm, expected"):
        given("a 1 0.0 0.1 one\n", tmp_path, name="h.ctm")


def test_nothing_and_no_answer_are_told_apart(tmp_path: Path) -> None:
    found = given(rows({"id": "a", "text": ""}, {"id": "b", "text": None}), tmp_path)
    assert texts(found) == {"a": "", "b": None}
    failed = found.answers["b"]
    assert isinstance(failed, Failed)
    assert str(failed.error) == f"b: {tmp_path}/hyp.jsonl:2: the hypothesis is null"
    assert found.problems == (
        f"{tmp_path}/hyp.jsonl:2: 1 hypothesis is null, counted as failed",
        f"{tmp_path}/hyp.jsonl: every hypothesis is empty; have they been filled in?",
    )


def test_an_utterance_without_a_hypothesis_has_failed(tmp_path: Path) -> None:
    found = given("one (a)\n", tmp_path, name="hyp.trn")
    assert texts(found) == {"a": "one", "b": None}
    assert found.problems == (
        f"{tmp_path}/hyp.trn: no hypothesis for 1 utterance of 'mine', counted as failed: 'b'",
    )


def test_a_hypothesis_without_an_utterance_is_refused_unless_allowed(tmp_path: Path) -> None:
    text = "one (a)\nthree (c)\ntwo (b)\nfour (d)\n"
    with pytest.raises(UsageError) as refused:
        given(text, tmp_path, name="hyp.trn")
    assert str(refused.value) == (
        f"{tmp_path}/hyp.trn:2: found 2 hypotheses that belong to no one utterance of the dataset 'mine': "
        "'c', 'd'; `allow_surplus: true` leaves such out"
    )
    found = given(text, tmp_path, name="hyp.trn", allow_surplus=True)
    assert texts(found) == {"a": "one", "b": "two"}
    assert found.problems == ()
    assert found.remarks == (
        f"{tmp_path}/hyp.trn:2: left out 2 hypotheses that belong to no one utterance of 'mine': 'c', 'd'",
    )


def test_two_hypotheses_of_one_utterance_are_refused_even_if_equal(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"hyp\.trn:3: found a second hypothesis of 'a', first on line 1"):
        given("one (a)\ntwo (b)\none (a)\n", tmp_path, name="hyp.trn", allow_surplus=True)


def test_several_doubled_hypotheses_are_counted(tmp_path: Path) -> None:
    message = r"hyp\.trn:2: found a second hypothesis of 'a', first on line 1; 1 more utterance has two$"
    with pytest.raises(UsageError, match=message):
        given("one (a)\none (a)\ntwo (b)\ntwo (b)\n", tmp_path, name="hyp.trn")


def test_an_accent_is_the_same_however_it_is_written(tmp_path: Path) -> None:
    here = (utterance("caf\u00e9"), utterance("b", "caf\u00e9/b.wav"))
    text = rows({"id": "cafe\u0301", "text": "one"}, {"id": "cafe\u0301/b.wav", "text": "two"})
    assert texts(given(text, tmp_path, here)) == {"caf\u00e9": "one", "b": "two"}


def test_a_name_that_several_files_have_is_said_to_be_one(tmp_path: Path) -> None:
    here = (utterance("a", "n1/0001.wav"), utterance("b", "n2/0001.wav"))
    message = "'0001.wav' names the audio of several utterances: give more of its path, or the id"
    with pytest.raises(UsageError, match=message):
        given(rows({"id": "0001.wav", "text": "one"}), tmp_path, here)
    with pytest.raises(UsageError, match=message):
        given(rows({"id": "a", "text": "x"}, {"id": "0001.wav", "text": "one"}), tmp_path, here)


def test_nothing_in_common_shows_both_sides(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        given("one (A)\n", tmp_path, name="hyp.trn", allow_surplus=True)
    assert str(refused.value) == (
        f"{tmp_path}/hyp.trn: found no hypothesis of the dataset 'mine'; ids differ in upper and lower case. "
        "The file has 'A'; the dataset has 'a', 'b', audio such as a.wav"
    )


def test_a_path_goes_to_the_utterance_with_which_it_shares_most(tmp_path: Path) -> None:
    noise, echo = utterance("1", "noise/0001.flac"), utterance("2", "echo/0001.flac")
    found = given(
        rows({"path": r"D:\sets\echo\0001.wav", "text": "echo"}, {"path": "noise/0001.wav", "text": "noise"}),
        tmp_path,
        (noise, echo),
    )
    assert texts(found) == {"1": "noise", "2": "echo"}
    # Half of them: the other utterance must not take the row that is nearer to the first.
    found = given(rows({"path": "noise/0001", "text": "noise"}), tmp_path, (noise, echo))
    assert texts(found) == {"1": "noise", "2": None}
    # More than the dataset has: the row of another folder shares the name only.
    found = given(
        rows({"path": "echo/0001", "text": "echo"}, {"path": "noise/0001", "text": "noise"}),
        tmp_path,
        (noise,),
        allow_surplus=True,
    )
    assert texts(found) == {"1": "noise"}
    assert found.remarks[0].startswith(f"{tmp_path}/hyp.jsonl:1: left out 1 hypothesis that belongs")


def test_a_name_that_fits_two_utterances_fits_none(tmp_path: Path) -> None:
    both = (utterance("1", "noise/0001.wav"), utterance("2", "echo/0001.wav"), utterance("3"))
    with pytest.raises(
        UsageError, match=r"hyp\.jsonl:1: found 1 hypothesis that belongs to no one utterance"
    ):
        given(rows({"path": "0001.wav", "text": "x"}, {"path": "3.wav", "text": "y"}), tmp_path, both)


def test_stretches_of_one_file_are_told_apart_by_the_offset(tmp_path: Path) -> None:
    stretches = (utterance("1", "long.wav"), utterance("2", "long.wav", 1.5))
    found = given(
        rows(
            {"audio_filepath": "long.wav", "offset": 1.5004, "text": "second"},
            {"audio_filepath": "long.wav", "offset": 0, "text": "first"},
        ),
        tmp_path,
        stretches,
    )
    assert texts(found) == {"1": "first", "2": "second"}
    with pytest.raises(UsageError, match="found 1 hypothesis that belongs to no one utterance"):
        given(
            rows(
                {"audio_filepath": "long.wav", "offset": 1.52, "text": "second"},
                {"audio_filepath": "long.wav", "offset": 0, "text": "first"},
            ),
            tmp_path,
            stretches,
        )
    with pytest.raises(UsageError, match=r"hyp\.jsonl:1: found offset 'soon', expected a number of seconds"):
        given(rows({"audio_filepath": "long.wav", "offset": "soon", "text": "x"}), tmp_path, stretches)


def test_ids_and_names_mixed_are_reported(tmp_path: Path) -> None:
    other = (utterance("a"), utterance("second", "b.wav"))
    found = given("one (a)\ntwo (b)\n", tmp_path, other, name="hyp.trn")
    assert texts(found) == {"a": "one", "second": "two"}
    assert found.problems == (
        f"{tmp_path}/hyp.trn: 1 hypotheses have an id of 'mine', 1 have none and were joined by the names of "
        "audio files",
    )


def test_references_are_not_taken_for_hypotheses(tmp_path: Path) -> None:
    manifest = rows(*({"audio_filepath": f"{n}.wav", "duration": 1.0, "text": "said"} for n in "ab"))
    with pytest.raises(
        UsageError, match="found a NeMo manifest without pred_text; its `text` is usually the"
    ):
        given(manifest, tmp_path)
    with pytest.raises(
        UsageError, match="found no hypothesis, only: audio_filepath, duration, text; expected"
    ):
        given(manifest, tmp_path, format="nemo")
    found = given(manifest, tmp_path, column="text")
    assert found.problems == (
        f"{tmp_path}/hyp.jsonl: every hypothesis is its reference to the letter; is 'text' the right column?",
    )


def test_a_column_can_be_chosen(tmp_path: Path) -> None:
    table = "id,tiny,Large\na,one,1\nb,two,2\n"
    assert texts(given(table, tmp_path, name="h.csv", column="Large")) == {"a": "1", "b": "2"}
    with pytest.raises(
        UsageError, match=r"h\.csv: found no base, only: id, tiny, large; expected it under that"
    ):
        given(table, tmp_path, name="h.csv", column="base")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("h.jsonl", "", r"h\.jsonl: found no utterance in it"),
        ("h.jsonl", "garbage\n", r"h\.jsonl:1: found 'garbage', expected a JSON object"),
        ("h.jsonl", '{"id": "a", "text": 5}\n', r"h\.jsonl:1: found text 5, expected a string"),
        ("h.jsonl", '{"id": "a", "text": "x"}\n{"id": "b"}\n', r"h\.jsonl:2: found no 'text'"),
        ("h.jsonl", '{"id": null, "text": "x"}\n', r"h\.jsonl:1: found no id, expected one under: id"),
        ("h.jsonl", '{"id": "/", "text": "x"}\n', r"h\.jsonl:1: found no id"),
        ("h.jsonl", '{"speaker": "s", "text": "x"}\n', r"h\.jsonl: found no id, only: speaker, text"),
        ("h.jsonl", '{"id": "a", "text": "\\ud800"}\n', r"h\.jsonl:1: found half a surrogate pair"),
        ("h.trn", "no id\n", r"h\.trn:1: found 'no id', expected words and then"),
        ("h.csv", "id,text\na,one,more\n", r"h\.csv:2: found 3 cell\(s\), expected 2"),
        ("h.csv", "PK\x03\x04", r"h\.csv:1: found a zip archive"),
    ],
)
def test_garbage_is_refused_with_file_and_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        given(text, tmp_path, name=name)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.trn: cannot be read: No such file"):
        read_predictions(tmp_path / "gone.trn", None, None)
