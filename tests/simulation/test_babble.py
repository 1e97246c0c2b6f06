from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asrdiag.datasets.base import Utterance
from asrdiag.errors import SampleError
from asrdiag.levels import active_speech_level
from asrdiag.simulation import babble as babble_module
from asrdiag.simulation.babble import Babble
from asrdiag.simulation.base import Samples
from asrdiag.simulation.seeding import draws
from asrdiag.simulation.talkers import Pool, VoiceCache, shuffled

from .conftest import Corpus, read

RATE = 16_000
N = 64_000


@pytest.fixture(autouse=True)
def _fresh_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(babble_module, "_CACHE", VoiceCache())


def test_talkers_are_other_speakers_and_never_the_target(corpus: Corpus) -> None:
    seen = Counter[str]()
    for index, target in enumerate(corpus.utterances):
        for seed in range(5):
            noise = Babble(6).make(N, RATE, corpus.source(index, seed), "babble")
            talkers = noise.record["talkers"]
            assert isinstance(talkers, list)
            assert len(set(talkers)) == 6
            assert noise.record["talkers_from"] == "other_speakers"
            speakers = {u.sample_id: u.speaker for u in corpus.utterances}
            assert target.speaker not in {speakers[name] for name in talkers}
            seen.update(talkers)
    # 50 clips of 6 talkers: 300 in all, about 30 for each of the ten utterances
    assert set(seen) == {u.sample_id for u in corpus.utterances}
    assert max(seen.values()) < 50


def test_unit_rms_and_length(corpus: Corpus) -> None:
    for n_samples in (160, N, 10 * N):
        noise = Babble(3).make(n_samples, RATE, corpus.source(), "babble").samples
        assert noise.dtype == np.float32
        assert noise.shape == (n_samples,)
        assert np.sqrt(np.mean(noise.astype(float) ** 2)) == pytest.approx(1.0, abs=1e-5)


def test_it_is_the_sum_of_its_record(corpus: Corpus) -> None:
    noise = Babble(4).make(N, RATE, corpus.source(), "babble")
    by_id = {u.sample_id: u for u in corpus.utterances}
    total = np.zeros(N)
    talkers, offsets = noise.record["talkers"], noise.record["talker_offsets_s"]
    assert isinstance(talkers, list)
    assert isinstance(offsets, list)
    for name, offset_s in zip(talkers, offsets, strict=True):
        voice = read(by_id[name], RATE).astype(float)
        level = active_speech_level(voice.astype(np.float32), RATE)
        assert level is not None
        # The recorded offset is rounded to 0.1 ms, 1.6 samples: try the neighbours.
        fits = [np.roll(voice, -(round(offset_s * RATE) + step)) for step in range(-2, 3)]
        correlations = [float(noise.samples @ fit) for fit in fits]
        total += fits[int(np.argmax(correlations))] * 10 ** (-level.level_db / 20)
    np.testing.assert_allclose(noise.samples, total / np.sqrt(np.mean(total**2)), atol=1e-4)


def test_the_draws_do_not_depend_on_the_rate(corpus: Corpus) -> None:
    fine = Babble(6).make(N, RATE, corpus.source(), "babble").record
    coarse = Babble(6).make(N // 2, RATE // 2, corpus.source(), "babble").record
    assert fine["talkers"] == coarse["talkers"]
    assert fine["talker_offsets_s"] == pytest.approx(coarse["talker_offsets_s"], abs=2e-4)


def test_the_order_of_the_pool_does_not_matter(corpus: Corpus) -> None:
    forward = Babble(6).make(N, RATE, corpus.source(), "babble").samples
    backward = Babble(6).make(N, RATE, corpus.source(pool=corpus.utterances[::-1]), "babble").samples
    assert forward.tobytes() == backward.tobytes()


def test_without_other_speakers_unknown_ones_and_then_the_own(corpus: Corpus) -> None:
    target = replace(corpus.utterances[0], speaker="me")
    mine = [replace(u, speaker="me") for u in corpus.utterances[1:4]]
    nobodys = [replace(u, speaker=None) for u in corpus.utterances[4:6]]

    def talkers(pool: list[Utterance], target: Utterance = target) -> tuple[object, object]:
        source = replace(corpus.source(pool=[target, *pool]), utterance=target)
        record = Babble(2).make(N, RATE, source, "babble").record
        found = record["talkers"]
        assert isinstance(found, list)
        return record["talkers_from"], set(found)

    assert talkers(mine)[0] == "same_speaker"
    assert talkers(mine + nobodys) == ("unknown_speakers", {"sp04", "sp05"})
    assert talkers([*mine, *nobodys, *corpus.utterances[6:8]]) == ("other_speakers", {"sp06", "sp07"})
    assert talkers(mine[:2], replace(target, speaker=None)) == ("unknown_speakers", {"sp01", "sp02"})


def test_the_same_words_by_perhaps_the_same_speaker_are_no_babble(corpus: Corpus) -> None:
    target = corpus.utterances[0]
    again = replace(corpus.utterances[1], reference=target.reference, speaker=target.speaker)
    other = replace(corpus.utterances[2], reference=target.reference)
    with pytest.raises(SampleError, match="sp00: no other utterance among the dataset's 2"):
        Babble(2).make(N, RATE, corpus.source(pool=[target, again]), "babble")
    record = Babble(2).make(N, RATE, corpus.source(pool=[target, again, other]), "babble").record
    assert record["talkers"] == ["sp02", "sp02"]


def test_too_few_utterances_are_used_again_from_other_places(corpus: Corpus) -> None:
    pool = [corpus.utterances[0], corpus.utterances[2], corpus.utterances[4]]
    record = Babble(5).make(N, RATE, corpus.source(pool=pool), "babble").record
    talkers, offsets = record["talkers"], record["talker_offsets_s"]
    assert isinstance(talkers, list)
    assert isinstance(offsets, list)
    assert sorted(Counter(talkers).values()) == [2, 3]
    assert len(set(offsets)) == 5


def test_no_other_utterance(corpus: Corpus) -> None:
    with pytest.raises(SampleError, match="sp00: no other utterance among the dataset's 1 to make babble of"):
        Babble(6).make(N, RATE, corpus.source(pool=corpus.utterances[:1]), "babble")


def test_unusable_talkers_are_left_out_and_named(corpus: Corpus, tmp_path: Path) -> None:
    whole = Babble(4).make(N, RATE, corpus.source(), "babble").record
    drawn = whole["talkers"]
    assert isinstance(drawn, list)
    broken, silent = drawn[0], drawn[2]

    def load(utterance: Utterance, rate: int) -> Samples:
        if utterance.sample_id == broken:
            raise SampleError("the file is gone")
        if utterance.sample_id == silent:
            return np.zeros(RATE, np.float32)
        return read(utterance, rate)

    pool = list(corpus.utterances)  # another object, or the voices would be held already
    record = Babble(4).make(N, RATE, corpus.source(pool=pool, load=load), "babble").record
    assert record["talkers_left_out"] == [
        {"sample_id": broken, "reason": "the file is gone"},
        {"sample_id": silent, "reason": "no active speech in it"},
    ]
    talkers = record["talkers"]
    assert isinstance(talkers, list)
    # Those drawn before keep their turn and the next candidates fill up.
    assert talkers[:2] == [drawn[1], drawn[3]]
    assert len(set(talkers)) == 4
    assert record["talker_offsets_s"] == whole["talker_offsets_s"]

    def nothing(utterance: Utterance, rate: int) -> Samples:
        raise SampleError(f"{utterance.sample_id} is gone")

    with pytest.raises(SampleError, match="sp00: none of 8 other utterances can be used for babble"):
        Babble(4).make(N, RATE, corpus.source(pool=list(pool), load=nothing), "babble")


def test_voices_are_decoded_once_and_memory_is_bounded(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = Counter[str]()

    def load(utterance: Utterance, rate: int) -> Samples:
        loads[utterance.sample_id] += 1
        return read(utterance, rate)

    source = corpus.source(load=load)
    first = Babble(6).make(N, RATE, source, "babble").samples
    again = Babble(6).make(N, RATE, source, "babble").samples
    assert set(loads.values()) == {1}
    assert first.tobytes() == again.tobytes()

    small = VoiceCache(limit_bytes=3 * 4 * N)  # three voices of 4 s
    monkeypatch.setattr(babble_module, "_CACHE", small)
    assert Babble(6).make(N, RATE, source, "babble").samples.tobytes() == first.tobytes()
    assert 0 < small.held_bytes <= small.limit_bytes
    assert set(loads.values()) == {2}


def test_a_large_pool_is_indexed_once(corpus: Corpus) -> None:
    utterances = [
        replace(corpus.utterances[index % 10], sample_id=f"u{index:06d}", reference=f"words {index}")
        for index in range(20_000)
    ]
    pool = Pool(utterances)
    group, candidates = pool.candidates(utterances[0])
    assert group == "other_speakers"
    assert len(candidates) == 16_000  # eight of ten utterances are by others
    cache = VoiceCache()
    assert cache.pool(utterances) is cache.pool(utterances)


def test_shuffling_is_lazy_complete_and_fair() -> None:
    positions = np.arange(5, dtype=np.int64) * 10
    firsts = Counter[int]()
    for seed in range(2000):
        order = list(shuffled(positions, draws(seed, "x", "y")))
        assert sorted(order) == [0, 10, 20, 30, 40]
        firsts[order[0]] += 1
    # 400 each; the standard deviation is sqrt(2000 * 0.2 * 0.8) = 18
    assert all(abs(count - 400) < 90 for count in firsts.values())
