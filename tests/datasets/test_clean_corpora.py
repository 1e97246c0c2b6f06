"""Every clean corpus in its official layout, whole and broken."""

import codecs
import json

import numpy as np
import pytest
from corpora import clean

from asrdiag.audio import read_audio
from asrdiag.datasets import DATASETS
from asrdiag.errors import UsageError
from asrdiag.runner.dataset import load_dataset
from asrdiag.suite.schema import Suite

# Loader: maker of a small corpus, options, how many utterances it has by subset and language.
CORPORA = {
    "librispeech": (
        clean.librispeech,
        {"splits": ("dev-clean", "test-clean")},
        {("dev-clean", "en"): 2, ("test-clean", "en"): 2},
    ),
    "aishell1": (clean.aishell1, {}, {("", "zh"): 4}),
    "common_voice": (clean.common_voice, {"locale": "en"}, {}),
    "fleurs": (clean.fleurs, {"config": "en_us"}, {("", "en"): 2}),
    "voxpopuli": (clean.voxpopuli, {}, {("", "en"): 2}),
    "wenetspeech": (clean.wenetspeech, {}, {("net", "zh"): 2, ("meeting", "zh"): 1}),
}


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """Makes the small corpus of a loader, which is then taken to be of the documented size."""

    def make(loader, **options):
        build, usual, counts = CORPORA[loader]
        kind = DATASETS.load(loader)
        monkeypatch.setattr(kind, "expected", lambda self: counts)
        root = tmp_path / loader
        if not root.exists():
            root.mkdir()
            build(root)
        return kind(id="it", loader=loader, root=root, **{**usual, **options})

    return make


def problems(spec):
    survey = spec.survey()
    return [str(problem).removeprefix(f"{spec.root}/") for problem in (*survey.problems, *survey.miscounts)]


@pytest.mark.parametrize("loader", CORPORA)
def test_a_whole_corpus_has_no_problem_and_its_audio_can_be_read(corpus, loader):
    spec = corpus(loader)
    assert problems(spec) == []
    for utterance in spec.utterances():
        samples = read_audio(
            utterance.audio_path, 16000, offset_s=utterance.offset_s, duration_s=utterance.duration_s
        )
        assert len(samples) >= 3000 and np.abs(samples).max() > 0.05
        assert utterance.reference


@pytest.mark.parametrize("loader", CORPORA)
def test_a_missing_audio_file_is_named_with_its_line(corpus, loader):
    spec = corpus(loader)
    gone = spec.utterances()[0].audio_path
    gone.unlink()
    with pytest.raises(UsageError, match=r"there is no audio .*(?s:.*)`--allow-missing N` goes on") as caught:
        spec.utterances()
    assert gone.stem in str(caught.value)


@pytest.mark.parametrize("loader", CORPORA)
def test_with_leave_it_stays_in_the_set_and_fails_later(corpus, loader):
    whole = corpus(loader).utterances()
    whole[0].audio_path.unlink()
    lost = sum(utterance.audio_path == whole[0].audio_path for utterance in whole)
    assert [u.sample_id for u in corpus(loader, allow_missing=lost).utterances()] == [
        u.sample_id for u in whole
    ]


@pytest.mark.parametrize("loader", [name for name in CORPORA if name not in ("common_voice", "wenetspeech")])
def test_an_utterance_that_left_no_trace_is_seen_by_the_count_and_still_expected(corpus, loader):
    spec = corpus(loader, allow_missing=1)
    first = spec.utterances()[0]
    first.audio_path.unlink()
    lines = next(
        path
        for path in sorted(spec.root.rglob("*"))
        if path.suffix in (".txt", ".tsv") and first.audio_path.stem in path.read_text(encoding="utf-8")
    )
    kept = [
        line for line in lines.read_text(encoding="utf-8").splitlines() if first.audio_path.stem not in line
    ]
    lines.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")

    counts = CORPORA[loader][2]
    (subset, language), number = next(iter(counts.items()))
    assert problems(spec) == [
        f"{spec.root}: subset {subset} ({language}): found {number - 1} utterances, expected {number}"
    ]
    loaded = load_dataset(spec, None, "all")
    assert len(loaded.utterances) == sum(counts.values()) - 1
    assert loaded.n_expected[subset] == {language: number}
    with pytest.raises(UsageError, match=r"1 utterances are missing .* expected no more than 0"):
        corpus(loader).utterances()


@pytest.mark.parametrize(
    ("loader", "place"),
    [
        ("librispeech", "dev-clean/84/121123/84-121123-0009.flac"),
        ("aishell1", "wav/test/S0764/BAC009S0764W0999.wav"),
        ("fleurs", "en_us/audio/test/300.wav"),
    ],
)
def test_audio_without_a_transcript_is_named(corpus, loader, place):
    spec = corpus(loader)
    clean.write_tone(spec.root / place)
    assert problems(spec) == [f"{place}: audio without a transcript"]
    assert spec.survey().concerned == 1


@pytest.mark.parametrize("loader", [name for name in CORPORA if name != "wenetspeech"])
def test_a_byte_order_mark_and_carriage_returns_change_nothing(corpus, loader):
    spec = corpus(loader)
    before = spec.utterances()
    for path in spec.root.rglob("*"):
        if path.suffix in (".txt", ".tsv", ".TXT"):
            path.write_bytes(codecs.BOM_UTF8 + path.read_bytes().replace(b"\n", b"\r\n"))
    assert spec.utterances() == before


@pytest.mark.parametrize("loader", CORPORA)
def test_a_folder_that_is_not_the_corpus_says_what_was_expected(corpus, tmp_path, loader):
    elsewhere = corpus(loader).model_copy(update={"root": tmp_path})
    with pytest.raises(UsageError, match=r"there is (no|neither) "):
        elsewhere.utterances()
    gone = elsewhere.model_copy(update={"root": tmp_path / "gone"})
    with pytest.raises(UsageError, match=r"there is no folder .*gone; expected the root of "):
        gone.utterances()


@pytest.mark.parametrize("loader", CORPORA)
def test_a_suite_names_it(tmp_path, loader):
    build, options, _ = CORPORA[loader]
    build(tmp_path)
    suite = {
        "name": "it",
        "systems": [{"id": "m", "engine": "moonshine"}],
        "datasets": [{"id": "d", "loader": loader, "root": str(tmp_path), **options}],
        "conditions": [{"id": "c", "kind": "as_recorded"}],
    }
    assert Suite.model_validate_json(json.dumps(suite)).datasets[0].loader == loader


def test_librispeech_in_full(corpus):
    spec = corpus("librispeech")
    first, *_, last = spec.utterances()
    assert (first.sample_id, first.subset, first.speaker, first.language) == (
        "84-121123-0000",
        "dev-clean",
        "84",
        "en",
    )
    assert first.reference == "GO DO YOU HEAR"
    assert first.factors == {"gender": "F"}
    assert (last.sample_id, last.subset, last.factors) == ("1089-134686-0001", "test-clean", {})


def test_librispeech_without_one_of_the_splits_asked_for(corpus):
    with pytest.raises(
        UsageError, match=r"there is no folder .*dev-other; .* \(`splits:` chooses among them\)"
    ):
        corpus("librispeech", splits=("dev-clean", "dev-other")).utterances()


def test_librispeech_with_the_id_at_the_end_of_the_line(corpus):
    spec = corpus("librispeech")
    path = spec.root / "dev-clean/84/121123/84-121123.trans.txt"
    path.write_text("GO DO YOU HEAR (84-121123-0000)\n")
    assert problems(spec)[:2] == [
        "dev-clean/84/121123/84-121123.trans.txt:1: "
        "found 'GO' first, expected an id that begins with 84-121123-",
        "dev-clean/84/121123/84-121123-0000.flac: audio without a transcript",
    ]


def test_librispeech_with_a_chapter_without_its_transcript(corpus):
    spec = corpus("librispeech")
    (spec.root / "dev-clean/84/121123/84-121123.trans.txt").unlink()
    # Two clips without a transcript, and the count that lacks the same two.
    assert spec.survey().concerned == 2
    assert len(problems(spec)) == 3


def test_librispeech_with_damaged_speakers(corpus):
    spec = corpus("librispeech")
    (spec.root / "SPEAKERS.TXT").write_text("84 | F\n")
    with pytest.raises(UsageError, match=r"SPEAKERS.TXT:1: found '84 \| F', expected `ID \| M or F"):
        spec.utterances()


def test_aishell_without_blanks_and_with_speakers(corpus):
    first, second, *_ = corpus("aishell1").utterances()
    assert (first.sample_id, first.reference, first.speaker) == ("BAC009S0764W0121", "甚至出现交易", "S0764")
    assert second.reference == "一二线城市"


def test_common_voice_keeps_quotation_marks_and_the_volunteers(corpus):
    first, second = corpus("common_voice").utterances()
    assert (first.sample_id, first.reference, first.speaker) == (
        "common_voice_en_1",
        'She said "all right',
        "hash1",
    )
    assert (first.factors, second.factors) == ({}, {"age": "twenties", "gender": "male_masculine"})


def test_common_voice_in_a_language_that_is_not_there(corpus):
    with pytest.raises(UsageError, match=r"there is no table .*zh-CN/test.tsv; the root has: en"):
        corpus("common_voice", locale="zh-CN").utterances()


@pytest.mark.parametrize(
    ("locale", "language"), [("zh-CN", "zh"), ("zh-HK", "yue"), ("en", "en"), ("yue", "yue")]
)
def test_common_voice_tells_the_language_by_the_locale(tmp_path, locale, language):
    clean.common_voice(tmp_path, locale)
    spec = DATASETS.load("common_voice")(id="it", loader="common_voice", root=tmp_path, locale=locale)
    assert {utterance.language for utterance in spec.utterances()} == {language}


def test_common_voice_with_another_header_or_a_torn_row(corpus):
    spec = corpus("common_voice")
    table = spec.root / "en/test.tsv"
    whole = table.read_text()
    table.write_text(whole.replace("\tsentence\t", "\ttext\t"))
    with pytest.raises(UsageError, match=r"test.tsv:1: found no column 'sentence', only: client_id, path, "):
        spec.utterances()
    table.write_text(whole[:-20])
    with pytest.raises(UsageError, match=r"test.tsv:3: found \d fields, expected 8"):
        spec.utterances()


def test_fleurs_takes_the_file_as_id_since_the_number_is_the_sentence(corpus):
    first, second = corpus("fleurs").utterances()
    assert (first.sample_id, second.sample_id) == ("100", "200")
    assert first.reference == second.reference == "However, 5 came."
    assert first.factors == {"gender": "FEMALE"}


def test_voxpopuli_as_on_hugging_face_is_the_same(corpus, tmp_path):
    clean.voxpopuli(tmp_path / "hf", hugging_face=True)
    spec = corpus("voxpopuli")
    other = spec.model_copy(update={"root": tmp_path / "hf"})
    assert [u.sample_id for u in other.utterances()] == [u.sample_id for u in spec.utterances()]
    first, second = spec.utterances()
    assert (first.reference, first.speaker) == ("Mr President, thank you.", "124732")
    assert (second.reference, second.speaker, second.factors) == ("only the normalised one", None, {})


def test_wenetspeech_reads_stretches_of_long_recordings(corpus):
    first, second, third = corpus("wenetspeech").utterances()
    assert (second.sample_id, second.subset, second.offset_s, second.duration_s) == (
        "TEST_NET_Y1_S00001",
        "net",
        1.1,
        1.1,
    )
    assert first.audio_path == second.audio_path
    assert third.subset == "meeting"


def test_wenetspeech_with_one_set_only(corpus, monkeypatch):
    spec = corpus("wenetspeech", sets=("meeting",))
    assert [utterance.sample_id for utterance in spec.read().utterances] == ["TEST_MEETING_T1_S00000"]


def test_wenetspeech_with_a_lost_recording_counts_each_of_its_stretches(corpus):
    spec = corpus("wenetspeech")
    spec.utterances()[0].audio_path.unlink()
    assert spec.survey().concerned == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:-30], "not whole JSON"),
        (lambda text: text.replace('"sid"', '"id"'), r"audios\[0\]: not as documented: KeyError: 'sid'"),
        (lambda text: text.replace("[", "1", 1), "not whole JSON"),
    ],
)
def test_wenetspeech_with_a_damaged_listing(corpus, change, message):
    spec = corpus("wenetspeech")
    listing = spec.root / "WenetSpeech.json"
    listing.write_text(change(listing.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        spec.utterances()


@pytest.mark.parametrize(
    ("loader", "options", "counts"),
    [
        ("librispeech", {}, (2703, 2864, 2620, 2939)),
        ("aishell1", {}, (7176,)),
        ("fleurs", {"config": "cmn_hans_cn"}, (945,)),
        ("fleurs", {"config": "de_de"}, ()),
        ("wenetspeech", {}, (24774, 8370)),
        ("voxpopuli", {}, (1842,)),
    ],
)
def test_the_documented_counts(tmp_path, loader, options, counts):
    spec = DATASETS.load(loader)(id="it", loader=loader, root=tmp_path, **options)
    assert tuple(spec.expected().values()) == counts
