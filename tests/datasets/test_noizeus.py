import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpora import noizeus

from asrdiag.audio import read_audio
from asrdiag.datasets import DATASETS
from asrdiag.errors import UsageError
from asrdiag.metrics import get_normalizer
from asrdiag.suite.schema import Suite

REAL = Path(os.environ.get("ASRDIAG_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "noizeus"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason=f"NOIZEUS is not at {REAL} (set ASRDIAG_TEST_DATA)")
PART = {"noises": ("car", "train"), "snrs_db": (0, 15)}


def load(root, **options):
    return DATASETS.load("noizeus")(id="it", loader="noizeus", root=root, **options)


@pytest.fixture
def part(tmp_path):
    return noizeus.build(tmp_path / "noizeus", **PART, sound=False)


def problems(spec):
    survey = spec.survey()
    found = (*survey.problems, *survey.miscounts)
    return [str(problem).replace(f"{spec.root}/", "") for problem in found], survey.concerned


def test_the_whole_corpus(tmp_path):
    utterances = load(noizeus.build(tmp_path / "all", sound=False)).utterances()
    # 8 noises x 4 SNRs x 30 sentences
    assert len(utterances) == len({u.sample_id for u in utterances}) == 960
    normalize = get_normalizer("whisper-english@1")
    words = {}
    for u in utterances:
        words[u.subset] = words.get(u.subset, 0) + len(normalize(u.reference).split())
    assert len(words) == 32
    assert set(words.values()) == {242}


def test_the_subsets_and_means_are_the_published_ones(tmp_path):
    spec = load(tmp_path)
    assert set(spec.expected().values()) == {30}
    assert ("restaurant_10dB", "en") in spec.expected()
    assert list(spec.aggregates()) == ["0dB", "5dB", "10dB", "15dB"]
    assert spec.aggregates()["5dB"] == tuple(f"{noise}_5dB" for noise in noizeus.NOISES)
    assert spec.benchmark() == "noizeus"


def test_an_utterance(part):
    first, *_, last = load(part, **PART, include_clean=True).utterances()
    assert (first.sample_id, first.subset) == ("sp01_car_sn0", "car_0dB")
    assert first.audio_path == part / "car_0dB/wav/sp01_car_sn0.wav"
    assert first.reference == "The birch canoe slid on the smooth planks"
    assert (first.speaker, first.language) == ("m1", "en")
    assert first.factors == {"noise": "car", "snr_db": 0.0, "sentence": "sp01", "gender": "M"}
    assert (last.sample_id, last.subset, last.speaker) == ("sp30", "clean", "f3")
    assert last.factors == {"sentence": "sp30", "gender": "F"}


def test_the_audio_can_be_read(tmp_path):
    noizeus.build(tmp_path, ("car",), (5,), clean=False)
    for utterance in load(tmp_path, noises=("car",), snrs_db=(5,)).utterances():
        assert len(read_audio(utterance.audio_path, 16000)) == 4000


def test_without_noise_it_is_a_subset_only_where_asked_for(part):
    assert "clean" not in {u.subset for u in load(part, **PART).utterances()}
    spec = load(part, **PART, include_clean=True)
    assert sum(u.subset == "clean" for u in spec.utterances()) == 30
    assert sorted(spec.aggregates()["noisy"]) == ["car_0dB", "car_15dB", "train_0dB", "train_15dB"]


def test_a_part_of_the_corpus_is_used_by_saying_so(part):
    found, concerned = problems(load(part))
    assert concerned == 960 - 4 * 30
    assert found[0] == (
        f"{part}: found no sp01_airport_sn0.wav, sp02_airport_sn0.wav, sp03_airport_sn0.wav, ...: "
        "30 of the subset airport_0dB are missing (`noises:` and `snrs_db:` choose among the subsets)"
    )
    assert len(load(part, **PART).utterances()) == 120


def test_a_missing_file_stays_in_the_set(part):
    (part / "car_0dB/wav/sp07_car_sn0.wav").unlink()
    assert problems(load(part, **PART)) == (
        [f"{part}: found no sp07_car_sn0.wav: 1 of the subset car_0dB are missing"],
        1,
    )
    with pytest.raises(UsageError, match="1 utterances are missing"):
        load(part, **PART).utterances()
    assert len(load(part, **PART, allow_missing=1).utterances()) == 120


@pytest.mark.parametrize("name", ["sp31_car_sn0.wav", "sp01_wind_sn0.wav", "sp01_car_sn3.wav", "sp01_x.wav"])
def test_a_file_that_is_none_of_the_corpus(part, name):
    (part / name).touch()
    assert problems(load(part, **PART)) == (
        [f"{name}: audio without a transcript, expected names like sp01_airport_sn0.wav or sp01.wav"],
        1,
    )


def test_links_are_followed(part, tmp_path):
    linked = tmp_path / "linked"
    linked.mkdir()
    for folder in sorted(part.iterdir()):
        (linked / folder.name).symlink_to(folder, target_is_directory=True)
    (linked / "around").symlink_to(linked, target_is_directory=True)
    assert problems(load(linked, **PART)) == ([], 0)
    assert len(load(linked, **PART).utterances()) == 120


def test_files_of_other_kinds_do_not_matter(part):
    for name in ("babble.wav", "speech.wav", "sp01_car_sn0.txt", "._sp01_car_sn0.wav", "readme.txt"):
        (part / name).touch()
    assert problems(load(part, **PART)) == ([], 0)


def test_a_copy_does_no_harm_but_another_recording_of_the_name_does(part):
    first = part / "car_0dB/wav/sp01_car_sn0.wav"
    copy = part / "copies" / first.name
    copy.parent.mkdir()
    first.write_bytes(b"RIFF")
    copy.write_bytes(b"RIFF")
    assert problems(load(part, **PART)) == ([], 0)
    copy.write_bytes(b"RIFX")
    assert problems(load(part, **PART)) == (
        [
            f"copies/{first.name}: found another recording than {first}".replace(f"{part}/", "")
            + ", which has the same name"
        ],
        1,
    )


def test_files_that_were_not_asked_for_do_not_matter(part):
    (part / "16kHz").mkdir()
    (part / "16kHz/sp01.wav").write_bytes(b"RIFF")
    (part / "16kHz/sp01_car_sn15.wav").write_bytes(b"RIFF")
    assert problems(load(part, noises=("car", "train"), snrs_db=(0,))) == ([], 0)
    assert problems(load(part, **PART, include_clean=True))[1] == 2


def test_folders_of_any_name(part, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in part.rglob("*.wav"):
        path.rename(flat / path.name)
    assert len(load(flat, **PART, include_clean=True).utterances()) == 150


def test_a_folder_without_the_corpus(tmp_path):
    with pytest.raises(
        UsageError, match=r"it: found no file with a name like sp01_airport_sn0.wav below .*$"
    ):
        load(tmp_path).utterances()
    (tmp_path / "car_0dB.zip").touch()
    with pytest.raises(UsageError, match="there are 1 zip files, which must be unpacked"):
        load(tmp_path).utterances()
    with pytest.raises(UsageError, match=r"there is no folder .*gone; expected the root of NOIZEUS"):
        load(tmp_path / "gone").utterances()


def test_a_suite_names_it(tmp_path):
    suite = {
        "name": "it",
        "systems": [{"id": "m", "engine": "moonshine"}],
        "datasets": [{"id": "d", "loader": "noizeus", "root": str(tmp_path), "snrs_db": [5, 10]}],
        "conditions": [{"id": "c", "kind": "as_recorded"}],
    }
    assert Suite.model_validate_json(json.dumps(suite)).datasets[0].snrs_db == (5, 10)


@needs_real
def test_the_sentences_are_those_of_the_real_corpus():
    spec = load(REAL, noises=("station", "train"), include_clean=True)
    assert problems(spec) == ([], 0)
    rows = [line.split("\t") for line in (REAL / "transcripts.tsv").read_text().splitlines()]
    assert [(u.sample_id, u.reference) for u in spec.utterances() if u.subset == "clean"] == [
        (name, text) for name, text in rows
    ]


@needs_real
def test_the_pitch_of_the_real_voices_is_that_of_their_gender():
    for utterance in load(REAL, noises=("train",), include_clean=True).utterances():
        if utterance.subset == "clean":
            pitch_hz = median_pitch_hz(*soundfile.read(utterance.audio_path))
            low, high = (100, 150) if utterance.factors["gender"] == "M" else (190, 270)
            assert low < pitch_hz < high, utterance.sample_id


def median_pitch_hz(samples, rate_hz):
    """By the autocorrelation of 40 ms frames, of those that are loud and clearly voiced."""
    size = rate_hz // 25
    window = np.hanning(size)

    def autocorrelation(frames):
        return np.fft.irfft(np.abs(np.fft.rfft(frames, 4 * size)) ** 2)[..., :size]

    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[:: size // 2]
    energy = np.square(frames).mean(axis=1)
    frames = frames[energy >= np.median(energy)]
    found = autocorrelation(frames * window) / autocorrelation(window) * autocorrelation(window)[0]
    shortest, longest = rate_hz // 320, rate_hz // 70
    lags = shortest + found[:, shortest:longest].argmax(axis=1)
    voiced = np.take_along_axis(found, lags[:, None], 1)[:, 0] > 0.6 * found[:, 0]
    return float(np.median(rate_hz / lags[voiced]))
