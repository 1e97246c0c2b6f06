import codecs
import json

import pytest
from corpora import voices
from pydantic import ValidationError

from asrdiag.audio import read_audio
from asrdiag.datasets import DATASETS
from asrdiag.datasets.voices import VoicesSpec
from asrdiag.errors import UsageError
from asrdiag.suite.schema import Suite

INDEX = "references/test_index.csv"
NAME = "Lab41-SRI-VOiCES-rm1-babb-sp0001-ch121720-sg0000-mc01-stu-clo-dg000"
FILE = f"distant-16k/speech/test/rm1/babb/sp0001/{NAME}.wav"
SOURCE = "source-16k/test/sp0001/Lab41-SRI-VOiCES-src-sp0001-ch121720-sg0000.wav"


def load(root, **options):
    return DATASETS.load("voices")(id="it", loader="voices", root=root, **options)


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The devkit with two segments, which are then taken for the documented 200."""
    asked = VoicesSpec.expected
    monkeypatch.setattr(
        VoicesSpec, "expected", lambda self: {part: n // 100 for part, n in asked(self).items()}
    )
    return voices.build(tmp_path / "VOiCES_devkit", sound=False)


def problems(spec):
    survey = spec.survey()
    found = (*survey.problems, *survey.miscounts)
    return [str(problem).replace(f"{spec.root}/", "") for problem in found], survey.concerned


def edit(root, change, name=INDEX):
    path = root / name
    path.write_text(change(path.read_text()))


def test_the_whole_devkit_as_documented(tmp_path):
    root = voices.build(tmp_path / "VOiCES_devkit", 200, sound=False)
    utterances = load(root, include_source=True).utterances()
    # 200 segments x 4 rooms x 4 distractors x 2 microphones, and the segments
    assert len(utterances) == 6400 + 200
    assert len({u.speaker for u in utterances}) == 100
    assert len({u.subset for u in utterances}) == 33


def test_an_utterance(small):
    first = load(small).utterances()[0]
    assert (first.sample_id, first.audio_path) == (NAME, small / FILE)
    assert first.audio_path.is_file()
    assert (first.subset, first.speaker, first.language) == ("rm1_babb_clo", "sp0001", "en")
    assert first.reference == "it was the night of the 0 th"
    assert first.factors == {
        "room": "rm1",
        "distractor": "babb",
        "position": "clo",
        "microphone": "mc01",
        "degrees": 0.0,
        "gender": "F",
        "source_id": "sp0001-ch121720-sg0000",
    }


def test_the_audio_can_be_read(tmp_path):
    root = voices.build(tmp_path, 1)
    for utterance in load(root, rooms=("rm4",), include_source=True).read().utterances:
        assert len(read_audio(utterance.audio_path, 16000)) == 4000


def test_what_was_played_can_be_paired_with_every_recording(small):
    utterances = load(small, include_source=True).utterances()
    sources = {u.factors["source_id"]: u for u in utterances if u.subset == "source"}
    assert len(sources) == 2
    assert sources["sp0001-ch121720-sg0000"].audio_path == small / SOURCE
    for utterance in utterances:
        source = sources[utterance.factors["source_id"]]
        assert (source.speaker, source.reference) == (utterance.speaker, utterance.reference)


def test_the_subsets_and_means_are_the_published_ones(tmp_path):
    spec = load(tmp_path)
    assert len(spec.expected()) == 32
    assert set(spec.expected().values()) == {200}
    assert spec.aggregates().keys() == {"rm1", "rm2", "rm3", "rm4"}
    assert sorted(spec.aggregates()["rm3"]) == [
        f"rm3_{distractor}_{position}"
        for distractor in ("babb", "musi", "none", "tele")
        for position in ("clo", "far")
    ]
    assert spec.benchmark() == "voices"


@pytest.mark.parametrize(
    ("options", "total"),
    [
        # Documented: 12,800 and 6,400 in the devkit; 661,248 and 337,920 in the release, at all positions.
        ({"split": "train"}, 12_800),
        ({}, 6_400),
        ({"edition": "release", "split": "train", "positions": voices.POSITIONS}, 661_248),
        ({"edition": "release", "positions": voices.POSITIONS}, 337_920),
        # Room 3 alone, microphones 1, 2 and 18: 4 distractors x 1320 x 3
        ({"edition": "release", "rooms": ("rm3",), "positions": ("clo",)}, 15_840),
        ({"edition": "release", "rooms": ("rm3",), "positions": ("clo",), "microphones": (2,)}, 5_280),
        ({"include_source": True}, 6_600),
    ],
)
def test_the_documented_counts(tmp_path, options, total):
    assert sum(load(tmp_path, **options).expected().values()) == total


def test_only_the_devkits_test_split_is_the_benchmark(tmp_path):
    assert load(tmp_path, split="train").benchmark() is None
    assert load(tmp_path, edition="release").benchmark() is None


def test_other_positions_and_microphones(tmp_path, monkeypatch):
    monkeypatch.setattr(VoicesSpec, "expected", lambda self: {})
    root = voices.build(tmp_path / "VOiCES_release", 1, microphones=(1, 3, 5, 6), sound=False)
    of_release = {"edition": "release", "rooms": ("rm2",), "distractors": ("none",)}
    far = load(root, positions=("mid", "far"), **of_release).utterances()
    assert [(u.subset, u.factors["microphone"]) for u in far] == [
        ("rm2_none_mid", "mc03"),
        ("rm2_none_far", "mc05"),
        ("rm2_none_far", "mc06"),
    ]
    one = load(root, positions=("far",), microphones=(6,), **of_release).utterances()
    assert [u.factors["microphone"] for u in one] == ["mc06"]


def test_positions_that_nothing_stands_at(tmp_path):
    with pytest.raises(
        ValidationError, match=r"no microphone of the devkit at the positions mid in rm1, rm2"
    ):
        load(tmp_path, positions=("mid",))
    with pytest.raises(ValidationError, match=r"no microphone of the release at the positions ds1 in rm1;"):
        load(tmp_path, edition="release", rooms=("rm1",), positions=("ds1",))


def test_missing_audio_is_named_with_the_line_and_stays_in_the_set(small):
    (small / FILE).unlink()
    assert problems(load(small)) == ([f"{INDEX}:2: there is no audio file {FILE}"], 1)
    with pytest.raises(UsageError, match="1 utterances are missing"):
        load(small).utterances()
    assert len(load(small, allow_missing=1).utterances()) == 64


def test_a_missing_source_matters_where_it_was_asked_for(small):
    (small / SOURCE).unlink()
    assert problems(load(small)) == ([], 0)
    assert problems(load(small, include_source=True)) == ([f"{INDEX}:2: there is no audio file {SOURCE}"], 1)


def test_audio_without_a_transcript_is_seen_where_it_was_asked_for(small):
    extra = FILE.replace("sg0000", "sg0099")
    (small / extra).touch()
    assert problems(load(small)) == ([f"{extra}: audio without a transcript"], 1)
    assert problems(load(small, rooms=("rm2", "rm3"))) == ([], 0)


def test_a_lost_row_leaves_audio_and_a_wrong_count(small):
    edit(small, lambda text: "".join(text.splitlines(keepends=True)[i] for i in range(65) if i != 1))
    assert problems(load(small)) == (
        [
            f"{FILE}: audio without a transcript",
            f"{small}: subset rm1_babb_clo (en): found 1 utterances, expected 2",
        ],
        1,
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:-60], f"{INDEX}:65: found 13 fields, expected 19"),
        (
            lambda text: text.replace(f",{NAME},", ",Lab41-rm1,", 1),
            f"{INDEX}:2: found the query_name 'Lab41-rm1', expected one like "
            "Lab41-SRI-VOiCES-rm1-musi-sp5622-ch041172-sg0001-mc01-stu-clo-dg010",
        ),
        (
            lambda text: text.replace(f"test/rm1/babb/sp0001/{NAME}.wav", f"train/rm1/{NAME}.wav"),
            f"{INDEX}:2: found the filename 'distant-16k/speech/train/rm1/{NAME}.wav', "
            f"expected '{FILE}' as it is {NAME}",
        ),
        (
            lambda text: text.replace("it was the night of the 0 th", " ", 1),
            f"{INDEX}:2: found no transcript of {NAME}",
        ),
        (
            lambda text: text + text.splitlines()[1] + "\n",
            f"{INDEX}:66: found {NAME} again, first at {INDEX}:2",
        ),
    ],
)
def test_a_row_that_is_not_as_documented(small, change, message):
    (small / "references/filename_transcripts").unlink()
    edit(small, change)
    assert message in problems(load(small))[0]
    assert problems(load(small))[1] >= 1


def test_transcripts_that_contradict_each_other(small):
    edit(small, lambda text: text.replace("of the 0 th", "of the fox", 1), "references/filename_transcripts")
    assert problems(load(small)) == (
        [
            "references/filename_transcripts:2: found the transcript 'it was the night of the fox', "
            f"expected 'it was the night of the 0 th' as at {INDEX}:2"
        ],
        1,
    )
    edit(small, lambda text: text.replace("of the 0 th", "of the fox", 1))
    assert problems(load(small)) == ([], 0)
    assert problems(load(small, include_source=True))[0][0] == (
        f"{INDEX}:3: found another transcript of sp0001-ch121720-sg0000 than at {INDEX}:2"
    )


def test_names_with_their_suffix_in_the_second_list(small):
    edit(small, lambda text: text.replace(",it was", ".wav,it was"), "references/filename_transcripts")
    edit(small, lambda text: text.replace("of the 0 th", "of the fox", 1), "references/filename_transcripts")
    assert problems(load(small))[1] == 1


def test_a_byte_order_mark_and_carriage_returns_change_nothing(small):
    before = load(small).utterances()
    for path in (small / "references").iterdir():
        path.write_bytes(codecs.BOM_UTF8 + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load(small).utterances() == before


def test_an_index_without_a_column(small):
    edit(small, lambda text: text.replace("query_name", "name", 1))
    with pytest.raises(
        UsageError, match=r"test_index.csv:1: found no column 'query_name', only: index, chap"
    ):
        load(small).utterances()
    (small / INDEX).write_text("")
    with pytest.raises(UsageError, match="only: an empty file"):
        load(small).utterances()


@pytest.mark.parametrize("place", [".", "VOiCES_devkit/distant-16k/speech/test", "VOiCES_devkit/references"])
def test_a_folder_beside_the_root_is_told_from_it(small, tmp_path, place):
    with pytest.raises(UsageError, match=rf"it: found no {INDEX} in .*, expected .*; {small} does"):
        load(tmp_path / place).utterances()


def test_a_split_that_is_not_there(small):
    with pytest.raises(UsageError, match=r"found no references/train_index.csv in"):
        load(small, split="train").utterances()


def test_a_suite_names_it(tmp_path):
    suite = {
        "name": "it",
        "systems": [{"id": "m", "engine": "moonshine"}],
        "datasets": [
            {"id": "d", "loader": "voices", "root": str(tmp_path), "rooms": ["rm1"], "microphones": [1]}
        ],
        "conditions": [{"id": "c", "kind": "as_recorded"}],
    }
    assert Suite.model_validate_json(json.dumps(suite)).datasets[0].rooms == ("rm1",)
