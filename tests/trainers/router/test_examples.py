"""Which clips are heard, on which side, and what happens to those that cannot be."""

import json

import numpy as np
import pytest
import tones

from asrdiag.errors import UsageError
from asrdiag.trainers.data.clips import ClipRefused
from asrdiag.trainers.router.batches import Batches
from asrdiag.trainers.router.examples import gather, require_both_sides
from asrdiag.trainers.router.listening import Listener
from asrdiag.trainers.router.recipe import Simulation, Source, Training


def listener(**keys):
    return Listener(Simulation(**keys), Training(), seed=3)


def test_sides_come_from_scenarios_and_labels(sets):
    found = gather(
        [
            Source(manifest=sets / "clean.jsonl", label="clean", limit=3, simulate=True),
            Source(manifest=sets / "noisy.jsonl", limit=2),
        ],
        "train",
    )
    assert [(one.id, one.degraded) for one in found] == [
        ("clean-0", False),
        ("clean-0+simulated", True),
        ("clean-1", False),
        ("clean-1+simulated", True),
        ("clean-2", False),
        ("clean-2+simulated", True),
        ("noisy-0", True),
        ("noisy-1", True),
    ]
    assert (found[6].scenario, found[6].severity) == ("noise", 0.3)
    assert (found[1].scenario, found[1].severity) == (None, None)


def test_training_rows_say_their_side(tmp_path):
    tones.write(tmp_path, "a", [tones.tone(0), tones.noisy(1)])
    rows = [
        {"id": "a", "audios": ["a-0.wav"], "solution": "x", "meta": {"scenario": "clean"}},
        {"id": "b", "audios": ["a-1.wav"], "solution": "x", "meta": {"scenario": "noise", "severity": 0.5}},
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = gather([Source(rows=tmp_path / "rows.jsonl")], "train")
    assert [(one.id, one.degraded, one.severity) for one in found] == [("a", False, None), ("b", True, 0.5)]
    assert len(listener().hear(found[1]).samples) == 6400
    with pytest.raises(
        UsageError, match=r"rows\.jsonl:1: .*'audios'.* named by `rows:` and not by `manifest:`"
    ):
        gather([Source(manifest=tmp_path / "rows.jsonl")], "train")
    rows.append({"id": "c", "audios": ["a-1.wav"], "solution": "x", "meta": {"scenario": "recorded"}})
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(UsageError, match=r"clip 'c' does not say whether it is clean .* in train\.0"):
        gather([Source(rows=tmp_path / "rows.jsonl")], "train")
    (tmp_path / "rows.jsonl").write_text('{"audios": ["a-0.wav"], "solution": ""}\n')
    with pytest.raises(UsageError, match="empty_solution"):
        gather([Source(rows=tmp_path / "rows.jsonl")], "train")


def test_a_label_may_not_contradict_a_clip(sets):
    with pytest.raises(
        UsageError, match=r"'noisy-0' has the scenario 'noise', and train\.0 says `label: clean`"
    ):
        gather([Source(manifest=sets / "noisy.jsonl", label="clean")], "train")
    with pytest.raises(UsageError, match="'clean-0' does not say whether it is clean"):
        gather([Source(manifest=sets / "clean.jsonl")], "train")
    with pytest.raises(UsageError, match="validation: found 12 clean clips and 0 degraded ones"):
        require_both_sides(gather([Source(manifest=sets / "clean.jsonl", label="clean")], "v"), "validation")


def test_a_simulated_clip_is_another_in_each_pass_and_the_same_in_each_run(sets):
    found = gather([Source(manifest=sets / "clean.jsonl", label="clean", simulate=True)], "train")
    plain, simulated = found[0], found[1]
    clean = listener().hear(plain)
    takes = [listener().hear(simulated, version) for version in range(4)]
    assert clean.scenario is None and all(take.scenario for take in takes)
    assert all(0 <= take.severity <= 1 for take in takes)
    assert len({take.samples.tobytes() for take in takes}) == 4
    assert np.array_equal(takes[2].samples, listener().hear(simulated, 2).samples)
    only = [listener(scenarios=("noise",)).hear(simulated, version).scenario for version in range(4)]
    assert set(only) == {"noise"}


def test_training_varies_level_and_noise_by_clip_and_pass(sets):
    example = gather([Source(manifest=sets / "clean.jsonl", label="clean")], "train")[0]
    clean = listener().hear(example).samples
    level = np.sqrt(np.mean(clean**2))
    first, again = (listener().hear_varied(example, 0).samples for _ in range(2))
    assert np.array_equal(first, again)
    gains = [
        20 * np.log10(np.sqrt(np.mean(listener().hear_varied(example, n).samples ** 2)) / level)
        for n in range(40)
    ]
    assert -10.1 < min(gains) < -7 and 3 < max(gains) < 6.1
    rest = [listener().hear_varied(example, n).samples for n in range(40)]
    silent = np.flatnonzero(clean == 0)
    with_noise = sum(bool(np.any(samples[silent])) for samples in rest)
    assert 10 <= with_noise <= 30  # of 40, every second one by chance


def test_what_cannot_be_heard_is_left_out_with_its_reason(tmp_path):
    clips = [tones.tone(0), np.full(6400, np.nan, np.float32), np.zeros(6400, np.float32), tones.tone(1)]
    manifest = tones.write(tmp_path, "a", [*clips, np.zeros(100, np.float32), tones.tone(2, 31.0)])
    (tmp_path / "a-3.wav").unlink()
    tones.write(tmp_path, "b", [tones.noisy(0)])
    examples = gather(
        [Source(manifest=manifest, label="clean"), Source(manifest=tmp_path / "b.jsonl", label="degraded")],
        "t",
    )
    reasons = {}
    for example in examples:
        try:
            listener().hear(example)
        except ClipRefused as error:
            reasons[example.id] = error.reason
    assert reasons == {
        "a-1": "nan_audio",
        "a-2": "silent_audio",
        "a-3": "missing_audio",
        "a-4": "too_short",
        "a-5": "too_long",
    }
    batch = Batches(examples, listener(), 12)[0]
    assert sorted(refusal.id for refusal in batch.refusals) == sorted(reasons)
    assert batch.labels.tolist() == [0, 1, 1, 1, 1, 1, 1]
    assert batch.samples.shape[0] == 7


def test_a_batch_has_as_many_of_either_side_and_a_pass_has_every_clip(sets):
    examples = gather(
        [Source(manifest=sets / "clean.jsonl", label="clean"), Source(manifest=sets / "noisy.jsonl")], "train"
    )
    batches = Batches(examples, listener(), 8)
    drawn = [batches.chosen(number) for number in range(15)]
    for chosen in drawn:
        assert [bool(examples.degraded[index]) for index, _ in chosen] == [False] * 4 + [True] * 4
    clean = [pair for chosen in drawn for pair in chosen[:4]]  # 60 draws of 12 clips: five passes
    assert sorted(clean) == [(index, time) for index in range(12) for time in range(5)]
    assert clean[:12] != clean[12:24]
    noisy = [pair for chosen in drawn for pair in chosen[4:]]  # of 20 clips: three
    assert sorted(noisy) == [(index, time) for index in range(12, 32) for time in range(3)]
    again = Batches(examples, listener(), 8)
    assert [again.chosen(number) for number in (7, 3)] == [drawn[7], drawn[3]]
