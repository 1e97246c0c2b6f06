import codecs

import pytest
from corpora import chime4

from asrdiag.audio import read_audio
from asrdiag.datasets import DATASETS
from asrdiag.datasets.chime4 import Chime4Spec
from asrdiag.errors import UsageError
from asrdiag.metrics import get_normalizer

AUDIO = "data/audio/16kHz/isolated_1ch_track"
TEXT = "data/transcriptions"
BOTH = {"dt05": 2, "et05": 2}


def load(root, **options):
    return DATASETS.load("chime4")(id="it", loader="chime4", root=root, **options)


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The corpus with two utterances a subset, which is then taken for the documented size."""
    counts = {(subset, "en"): 2 for subset, _ in load(tmp_path).expected()}
    asked = Chime4Spec.expected
    monkeypatch.setattr(Chime4Spec, "expected", lambda self: {part: counts[part] for part in asked(self)})
    return chime4.build(tmp_path / "CHiME3", BOTH, sound=False)


def problems(spec):
    survey = spec.survey()
    found = (*survey.problems, *survey.miscounts)
    return [str(problem).replace(f"{spec.root}/", "") for problem in found], survey.concerned


def test_the_whole_corpus_as_documented(tmp_path):
    utterances = load(chime4.build(tmp_path / "all", chime4.FULL, sound=False)).utterances()
    # 16 subsets: 8 x 410 + 8 x 330 = 5920
    assert len(utterances) == len({u.sample_id for u in utterances}) == 5920
    assert len({u.subset for u in utterances}) == 16
    assert len({u.speaker for u in utterances}) == 8


def test_an_utterance(small):
    first, *_, last = load(small).utterances()
    assert first.sample_id == "F01_000C0101_BUS_REAL"
    assert first.audio_path == small / AUDIO / "dt05_bus_real" / "F01_000C0101_BUS.wav"
    assert first.audio_path.is_file()
    assert first.reference == "MR. SMITH OF THE U. S. SAID NUMBER 0 ROSE"
    assert (first.subset, first.speaker, first.language) == ("dt05_bus_real", "F01", "en")
    assert first.factors == {"set": "dt05", "environment": "bus", "kind": "real"}
    assert (last.sample_id, last.subset) == ("F06_001C0101_STR_SIMU", "et05_str_simu")


def test_the_audio_can_be_read(tmp_path):
    chime4.build(tmp_path, {"dt05": 1})
    for utterance in load(tmp_path, sets=("dt05",)).read().utterances:
        assert len(read_audio(utterance.audio_path, 16000)) == 4000


def test_the_subsets_and_means_are_the_published_ones(tmp_path):
    spec = load(tmp_path)
    assert len(spec.expected()) == 16
    assert spec.expected()["dt05_ped_simu", "en"] == 410
    assert spec.expected()["et05_ped_simu", "en"] == 330
    means = spec.aggregates()
    assert set(means) == {"real", "simu"}
    assert set(means["real"]) | set(means["simu"]) == {subset for subset, _ in spec.expected()}
    assert all(subset.endswith("_real") for subset in means["real"])
    assert spec.benchmark() == "chime4"


def test_a_part_of_it(small):
    spec = load(small, sets=("et05",), environments=("caf", "str"), kinds=("simu",))
    assert {u.subset for u in spec.utterances()} == {"et05_caf_simu", "et05_str_simu"}
    assert spec.aggregates() == {"simu": ("et05_caf_simu", "et05_str_simu")}


def test_a_transcript_for_each_utterance_serves_as_well(small, tmp_path):
    apart = chime4.build(tmp_path / "apart", BOTH, together=False, sound=False)
    found = load(apart).utterances()
    assert [(u.sample_id, u.reference) for u in found] == [
        (u.sample_id, u.reference) for u in load(small).utterances()
    ]


def test_missing_audio_is_named_with_the_line_and_stays_in_the_set(small):
    gone = small / AUDIO / "dt05_caf_real" / "F04_001C0101_CAF.wav"
    gone.unlink()
    spec = load(small)
    assert problems(spec) == (
        [f"{TEXT}/dt05_real.trn_all:4: there is no audio file {gone}".replace(f"{small}/", "")],
        1,
    )
    with pytest.raises(UsageError, match="1 utterances are missing"):
        spec.utterances()
    assert len(load(small, allow_missing=1).utterances()) == 32


def test_audio_without_a_transcript(small):
    (small / AUDIO / "et05_bus_simu" / "M05_999C0101_BUS.wav").touch()
    assert problems(load(small)) == (
        [f"{AUDIO}/et05_bus_simu/M05_999C0101_BUS.wav: audio without a transcript"],
        1,
    )


def test_a_lost_line_leaves_audio_and_a_wrong_count(small):
    path = small / TEXT / "et05_real.trn_all"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))
    assert problems(load(small)) == (
        [
            f"{AUDIO}/et05_bus_real/F05_000C0101_BUS.wav: audio without a transcript",
            f"{small}: subset et05_bus_real (en): found 1 utterances, expected 2",
        ],
        1,
    )


def test_the_id_at_the_end_of_the_line(small):
    path = small / TEXT / "dt05_simu.trn_all"
    lines = path.read_text().splitlines()
    first, _, text = lines[0].partition(" ")
    path.write_text("\n".join([f"{text} ({first})", *lines[1:]]))
    found, concerned = problems(load(small))
    assert found == [
        f"{TEXT}/dt05_simu.trn_all:1: found 'MR.' first, expected an id such as F01_050C0101_PED; "
        "with the id last it is the .dot format",
        f"{small}: subset dt05_bus_simu (en): found 1 utterances, expected 2",
    ]
    assert concerned == 1


def test_a_line_without_text_and_one_twice(small):
    path = small / TEXT / "dt05_real.trn_all"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0].split()[0], *lines[1:], lines[1]]))
    assert problems(load(small))[0] == [
        f"{TEXT}/dt05_real.trn_all:1: found F01_000C0101_BUS without a text",
        f"{TEXT}/dt05_real.trn_all:9: found F04_001C0101_BUS again, first in {small}/".replace(
            f"{small}/", ""
        )
        + f"{TEXT}/dt05_real.trn_all:2",
        f"{small}: subset dt05_bus_real (en): found 1 utterances, expected 2",
    ]


def test_a_transcript_of_another_name_or_empty(tmp_path, small):
    apart = chime4.build(tmp_path / "apart", BOTH, together=False, sound=False)
    folder = apart / TEXT / "dt05_bus_real"
    other = (folder / "F01_000C0101_BUS.trn").read_text()
    (folder / "F04_001C0101_BUS.trn").write_text(other)
    (apart / TEXT / "dt05_caf_real" / "F01_000C0101_CAF.trn").write_text("")
    assert problems(load(apart))[0][:2] == [
        f"{TEXT}/dt05_bus_real/F04_001C0101_BUS.trn:1: "
        "found 'F01_000C0101_BUS' first, expected F04_001C0101_BUS",
        f"{TEXT}/dt05_caf_real/F01_000C0101_CAF.trn: found nothing, expected a line with an id and a text",
    ]
    assert problems(load(apart))[1] == 2


def test_a_byte_order_mark_and_carriage_returns_change_nothing(small):
    before = load(small).utterances()
    for path in (small / TEXT).glob("*.trn_all"):
        path.write_bytes(codecs.BOM_UTF8 + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load(small).utterances() == before


def test_text_that_is_not_utf8(small):
    path = small / TEXT / "dt05_real.trn_all"
    path.write_bytes(path.read_bytes().replace(b"SMITH", b"SM\xefTH", 1))
    with pytest.raises(UsageError, match=r"dt05_real.trn_all:1: found byte 0xef"):
        load(small).utterances()


@pytest.mark.parametrize("place", [".", "CHiME3/data", "CHiME3/data/audio/16kHz/isolated_1ch_track"])
def test_a_folder_beside_the_root_is_told_from_it(small, tmp_path, place):
    with pytest.raises(UsageError, match=rf"it: found no {AUDIO} in .*, expected .*; {small} does"):
        load(tmp_path / place).utterances()


def test_a_folder_of_something_else(tmp_path):
    with pytest.raises(UsageError, match=rf"expected the folder that holds {AUDIO}, {TEXT}$"):
        load(tmp_path).utterances()
    with pytest.raises(UsageError, match=r"there is no folder .*gone; expected the root of CHiME-4"):
        load(tmp_path / "gone").utterances()


def test_a_set_without_transcripts(small):
    (small / TEXT / "et05_simu.trn_all").unlink()
    for folder in (small / TEXT).glob("et05_*_simu"):
        folder.rmdir()
    with pytest.raises(
        UsageError, match=r"neither .*et05_simu.trn_all nor .*et05_bus_simu, expected transcripts"
    ):
        load(small).utterances()
    assert len(load(small, sets=("dt05",)).utterances()) == 16


@pytest.mark.parametrize(
    ("reference", "compared"),
    [
        ("MR. SMITH OF THE U. S. <NOISE> SAID", "mister smith of the u s said"),
        ("IT ROSE SEVEN POINT FIVE PERCENT", "it rose 7.5%"),
        ("HALF A POINT ,COMMA HE SAID", "half a point comma he said"),
    ],
)
def test_the_default_rules_fold_how_wsj_writes(reference, compared):
    assert get_normalizer("whisper-english@1")(reference) == compared
