import json
import os
from collections import Counter
from pathlib import Path

import pytest
from corpora import vitw
from hypothesis import given
from hypothesis import strategies as st

from asrdiag.audio import read_audio
from asrdiag.datasets import DATASETS
from asrdiag.datasets.vitw_counts import deviations, documented, lacking
from asrdiag.datasets.vitw_rows import SCENES, meaning_of, row_of
from asrdiag.errors import UsageError
from asrdiag.metrics import score
from asrdiag.suite.schema import Suite

REAL = Path(os.environ.get("ASRDIAG_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "vitw"
needs_real = pytest.mark.skipif(
    not REAL.is_dir(), reason=f"Voices-in-the-Wild-Bench's clips are not at {REAL} (set ASRDIAG_TEST_DATA)"
)
FEW = {"real-en-noise": 2, "real-zh-echo": 1, "sim-en-far_field": 1, "sim-zh-mixed": 2}
ALL = (("real", "sim"), ("en", "zh"), SCENES)


def spec(root, **options):
    return DATASETS.load("vitw_bench")(id="it", loader="vitw_bench", root=Path(root), **options)


def load(root, **options):
    return spec(root, **options).utterances()


def refused(root, **options):
    with pytest.raises(UsageError) as caught:
        load(root, **options)
    return str(caught.value).replace(f"{root}/", "").replace(str(root), "ROOT").split("\n")


@pytest.fixture(params=["jsonl", "parquet"])
def few(request, tmp_path):
    return getattr(vitw, request.param)(tmp_path / "vitw", FEW)


def test_the_whole_benchmark(tmp_path):
    root = vitw.jsonl(tmp_path, vitw.sizes_of_the_whole(), sound=False)
    it = spec(root)
    utterances = it.utterances()
    assert Counter(u.subset for u in utterances) == vitw.sizes_of_the_whole()
    assert it.shortfall(utterances) == {}
    # One clip less: its totals say which subset it is of, and it counts once, not in each total.
    lines = (root / "bench.jsonl").read_text().splitlines(keepends=True)
    gone = json.loads(lines[3000])
    (root / "bench.jsonl").write_text("".join(lines[:3000] + lines[3001:]))
    (root / gone["audio_path"]).unlink()
    [*problems, last] = refused(root)
    kind, language, scene = gone["subset"].split("-")
    totals = {kind: 3500, language: 2500, scene: 1500 if scene == "mixed" else 500}
    assert problems == [f"it: ROOT: found {n - 1} clips of {v}, expected {n}" for v, n in totals.items()]
    assert last.startswith("dataset 'it': 1 utterances are missing")
    assert it.shortfall(load(root, allow_missing=1)) == {(gone["subset"], language): 1}


def test_both_forms_hold_the_same(tmp_path):
    options = {"kinds": ("real", "sim"), "allow_missing": 4994}
    files = load(vitw.jsonl(tmp_path / "a", FEW), **options)
    tables = load(vitw.parquet(tmp_path / "b", FEW), **options)
    by_id = {u.sample_id: u for u in tables}
    assert len(files) == len(tables) == len(by_id) == 6
    for utterance in files:
        other = by_id[utterance.sample_id]
        assert (utterance.subset, utterance.language, utterance.reference) == (
            other.subset,
            other.language,
            other.reference,
        )
        heard = [read_audio(u.audio_path, 16000, row=u.audio_row) for u in (utterance, other)]
        assert heard[0].tolist() == heard[1].tolist()


def test_an_utterance(tmp_path):
    utterance = load(
        vitw.parquet(tmp_path, {"sim-zh-echo": 1}), kinds=("sim",), languages=("zh",), allow_missing=4999
    )[0]
    assert utterance.sample_id == "vitw_00000_sim_zh_echo"
    assert (utterance.subset, utterance.language, utterance.reference) == (
        "sim-zh-echo",
        "zh",
        vitw.TEXTS["zh"],
    )
    assert utterance.factors == {"kind": "sim", "scene": "echo", "combination": "echo", "severity": 0.9}
    assert utterance.audio_row == 0


def test_parts_are_selected_by_kind_language_and_scene(few):
    subsets = {u.subset for u in load(few, kinds=("real",), languages=("en",), allow_missing=5000)}
    assert subsets == {"real-en-noise"}
    part = spec(few, languages=("zh",), scenes=("mixed", "echo"), allow_missing=5000)
    assert sorted(u.subset for u in part.utterances()) == ["real-zh-echo", "sim-zh-mixed", "sim-zh-mixed"]
    assert part.shortfall(part.utterances()) == {}  # no number is documented of mixed Chinese
    assert part.aggregates() == {
        "real": ("real-zh-mixed", "real-zh-echo"),
        "sim": ("sim-zh-mixed", "sim-zh-echo"),
        "mixed": ("real-zh-mixed", "sim-zh-mixed"),
        "echo": ("real-zh-echo", "sim-zh-echo"),
    }
    noise = spec(few, scenes=("noise",), allow_missing=498)
    assert sum(noise.shortfall(noise.utterances()).values()) == 498


def test_what_the_suite_sees(tmp_path):
    it = spec(tmp_path)
    assert it.benchmark() == "vitw_bench"
    assert list(it.aggregates()) == ["real", "sim", *SCENES]
    assert len(it.aggregates()["real"]) == 16
    entry = {"id": "v", "loader": "vitw_bench", "root": str(tmp_path), "kinds": ["real"], "scenes": ["noise"]}
    system = {"id": "moonshine-tiny", "engine": "moonshine"}
    suite = {"schema": 1, "name": "s", "seed": 1, "systems": [system], "datasets": [entry], "conditions": []}
    assert Suite.model_validate_json(json.dumps(suite)).datasets[0].scenes == ("noise",)


# What rows mean


def meaning(**cells):
    return meaning_of(row_of({"answer": "words", "subset": "sim-en-noise"} | cells, "f:1"), "f:1")


@pytest.mark.parametrize(
    ("old", "today"),
    [("barrier", "obstructed"), ("crosstalk", "recording"), ("stutter", "dropout"), ("strong_echo", "echo")],
)
def test_names_of_earlier_releases_are_todays(old, today):
    found = meaning(subset=f"sim-zh-{old}", combination=old, source_scenes=[old])
    assert (found.subset, found.scene) == (f"sim-zh-{today}", today)
    assert found.factors["original_scene"] == old
    assert "original_scene" not in meaning(subset=f"sim-zh-{today}").factors


@pytest.mark.parametrize(
    "cells",
    [
        {"subset": "real-en-mixed"},
        {"subset": "real-en-noise_stutter"},
        {"subset": "real-en-strong_echo_far_field"},
        {"subset": "real-en-noise", "source_scenes": ["noise", "stutter"]},
    ],
)
def test_mixtures(cells):
    assert meaning(**cells).subset == "real-en-mixed"


def test_one_scene_under_two_names_is_no_mixture():
    assert meaning(subset="real-en-echo", source_scenes=["echo", "strong_echo"]).scene == "echo"
    assert meaning(subset="real-en-far_field", combination="far_field").scene == "far_field"


def test_a_split_of_the_hugging_face_dataset_says_kind_and_scene(tmp_path):
    root = vitw.parquet(tmp_path, FEW, subset=None, name=None)
    utterances = load(root, allow_missing=4994)
    # The language is that of the text then; the id is the file and the row.
    assert Counter(u.subset for u in utterances) == FEW
    assert utterances[0].sample_id == "real_echo-00000-of-00001:0"


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            {"subset": "sim-fr-noise"},
            r"f:1: subset: found the scene 'fr-noise'|f:1: subset: found 'sim-fr-noise'",
        ),
        ({"subset": "noise"}, "f:1: subset: found 'noise', expected one such as 'sim-en-noise'"),
        ({"subset": "sim-en-rain"}, "f:1: subset: found the scene 'rain', expected one of: noise, far_field"),
        ({"subset": "sim_noise", "language": "fr"}, "f:1: language: found 'fr', expected en or zh"),
        ({"answer": None}, "f:1: answer: found None; Input should be a valid string"),
        ({"global_severity": "high"}, "f:1: global_severity: found 'high'"),
    ],
)
def test_rows_that_are_not_as_documented(cells, message):
    with pytest.raises(UsageError, match=message):
        meaning(**cells)


# What is missing or damaged


def test_audio_that_is_missing_or_left_over(tmp_path):
    root = vitw.jsonl(tmp_path, FEW)
    path = root / "audio/noise/vitw_00001_real_en_noise.wav"
    path.rename(path.with_name("other.wav"))
    lines = refused(root, kinds=("real",), languages=("en",))
    assert lines[:2] == [
        "it: bench.jsonl:2: there is no audio file audio/noise/vitw_00001_real_en_noise.wav",
        "it: audio/noise/other.wav: audio without a transcript",
    ]
    assert len(load(root, kinds=("real",), languages=("en",), allow_missing=4996)) == 2


def test_a_name_that_comes_twice(tmp_path):
    root = vitw.jsonl(tmp_path, FEW)
    path = root / "bench.jsonl"
    (root / "predictions.jsonl").write_text(path.read_text().splitlines()[0] + "\n")
    assert refused(root) == [
        "predictions.jsonl:1: found 'vitw_00000_real_en_noise' again, first in bench.jsonl:1"
    ]


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path):
    root = vitw.jsonl(tmp_path, FEW)
    path = root / "bench.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert len(load(root, allow_missing=4994)) == 6


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"subset": "sim-en-noise"}', "bench.jsonl:7: found no 'answer', only: subset"),
        (
            '{"subset": "sim-en-noise", "answer": "a"}',
            "bench.jsonl:7: found no 'audio_path', only: subset, answer",
        ),
        ("{", "bench.jsonl:7: found text that is not JSON"),
        ('"a"', 'bench.jsonl:7: found "a", expected an object'),
    ],
)
def test_lines_that_are_not_as_documented(tmp_path, line, message):
    root = vitw.jsonl(tmp_path, FEW)
    with (root / "bench.jsonl").open("a") as stream:
        stream.write(line + "\n")
    assert refused(root)[0].startswith(message)


def test_paths_of_another_machine_are_found_by_their_end(tmp_path):
    root = vitw.jsonl(tmp_path, FEW)
    path = root / "bench.jsonl"
    path.write_text(path.read_text().replace('"audio/', '"/data/me/vitw/audio/'))
    utterances = load(root, allow_missing=4994)
    assert utterances[0].audio_path == root / "audio/noise/vitw_00000_real_en_noise.wav"
    utterances[0].audio_path.unlink()
    assert "there is no audio file /data/me/vitw/audio/noise/" in refused(root)[0]


def test_shards_that_are_missing_or_damaged(tmp_path):
    root = vitw.parquet(tmp_path, FEW)
    path = root / "data/real_noise-00000-of-00001.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert "real_noise-00000-of-00001.parquet: damaged, cut short or no Parquet" in refused(root)[0]
    path.rename(path.with_name("real_noise-00001-of-00002.parquet")).write_bytes(whole)
    assert "data/real_noise-00000-of-00002.parquet: there is no such shard" in refused(root)[0]


def test_a_folder_of_something_else(tmp_path):
    assert refused(tmp_path) == [
        "ROOT: found neither a Parquet nor a JSONL file; expected Voices-in-the-Wild-Bench"
    ]
    vitw.parquet(tmp_path, {"real-en-noise": 1}, text=None)
    assert "expected the columns audio and text (or answer)" in refused(tmp_path)[0]


# Counts


@given(st.lists(st.tuples(*(st.sampled_from(values) for values in ALL)), max_size=60))
def test_what_is_lacking_makes_the_totals_right(removed):
    found = Counter()
    for subset, number in vitw.sizes_of_the_whole().items():
        found[tuple(subset.split("-"))] = number
    found.subtract(removed)
    known = documented(ALL)
    found.update(lacking(found, known, ALL))
    assert not any(more for axis in deviations(found, known) for more in axis.values())


def test_where_most_are_missing_every_subset_lacks_some():
    """The example clips of the release: one English simulated clip of each scene."""
    found = Counter({("sim", "en", scene): 1 for scene in SCENES})
    given = Counter(lacking(found, documented(ALL), ALL))
    assert given.total() == 4992 and len(given) == 2 * 2 * 8
    # 1,500 of 4,992 are real, 2,492 English, 499 of noise: 1500 * 2492 * 499 / 4992^2 = 74.8 each.
    assert given["real", "en", "noise"] in (74, 75, 76)


def test_totals_are_known_of_one_selection_only():
    assert documented(ALL)[1] == {"en": 2500, "zh": 2500}
    assert documented((("sim", "real"), ("zh",), SCENES)) == ({}, {"zh": 2500}, {})
    assert documented((("sim",), ("zh",), SCENES)) == ({}, {}, {})


@needs_real
def test_the_real_clips():
    with pytest.raises(
        UsageError, match=r"found 8 clips of sim, expected 3500(?s:.*)4992 utterances are missing"
    ):
        load(REAL, kinds=("sim",), languages=("en",))
    utterances = load(REAL, kinds=("sim",), languages=("en",), allow_missing=4992)
    assert [u.subset for u in utterances] == [
        f"sim-en-{scene}"
        for scene in (
            "noise",
            "far_field",
            "obstructed",
            "distortion",
            "recording",
            "echo",
            "dropout",
            "mixed",
        )
    ]
    words = score([u.reference for u in utterances], [""] * 8, normalizer="whisper-english@1").counts
    assert words.reference_tokens == 123
    assert all(len(read_audio(u.audio_path, 16000)) > 16000 for u in utterances)
