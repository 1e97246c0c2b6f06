"""The packaged model: what is alike is above what is not, and what similarity cannot tell."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from made_runs import Said, make_run, score_run
from run_files import leaderboard

from asrdiag.cli.main import main
from asrdiag.errors import UsageError
from asrdiag.semantic import SemanticScorer

REFERENCE = "The meeting is at three o'clock tomorrow afternoon."


def test_obvious_cases_are_ordered_rightly(minilm: SemanticScorer) -> None:
    hypotheses = [
        "the meeting is at 3 o'clock tomorrow afternoon",
        "the meeting's tomorrow afternoon at three o'clock",
        "we will meet tomorrow at three",
        "bananas are rich in potassium",
    ]
    found = minilm.score(references=[REFERENCE] * 4, hypotheses=hypotheses)
    assert found.dtype == np.float64
    assert found[0] == 1.0
    assert all(one > other for one, other in pairwise(found.tolist()))
    assert found[-1] < 0.2


def test_a_flipped_negation_hides_from_similarity(minilm: SemanticScorer) -> None:
    """A documented limit: key content catches it."""
    [negation, number] = minilm.score(
        references=["the patient is allergic to penicillin", "transfer fifteen dollars to anna"],
        hypotheses=["the patient is not allergic to penicillin", "transfer fifty dollars to anna"],
    )
    assert negation > 0.9
    assert number > 0.75


def test_the_edges(minilm: SemanticScorer) -> None:
    found = minilm.score(references=["yes", "yes", "(laughs)", ""], hypotheses=["", None, "yes", ""])
    assert found[0] == 0.0
    assert np.isnan(found[1:]).all()
    assert minilm.score(references=[], hypotheses=[]).shape == (0,)
    with pytest.raises(ValueError, match="2 references but 1 hypotheses"):
        minilm.score(references=["a", "b"], hypotheses=["a"])
    with pytest.raises(ValueError, match="declared for en; found language 'zh'"):
        minilm.score(references=["你好"], hypotheses=["你好"], language="zh")


def test_how_it_is_written_does_not_count(minilm: SemanticScorer) -> None:
    pair = {"references": ["In nineteen ninety five."], "hypotheses": ["in 1995"]}
    assert minilm.score(**pair).tolist() == [1.0]
    assert minilm.score(**pair, normalizer="none")[0] < 0.8


def test_it_agrees_with_sentence_transformers(minilm: SemanticScorer) -> None:
    from sentence_transformers import util

    texts = ["yes", "it was the best of times", "it was the worst of times"]
    theirs = minilm.encoder._network.encode(texts, show_progress_bar=False)
    ours = minilm.embed(texts)
    assert np.allclose(ours @ ours.T, util.cos_sim(theirs, theirs).numpy(), atol=1e-5)


def test_long_texts_are_read_to_their_end(minilm: SemanticScorer) -> None:
    """A model that truncates sees no difference after its 256 tokens."""
    long = "the train to the coast leaves in the morning and we buy bread on the way " * 25
    end = "then the president resigned after the court had found him guilty of bribery " * 10
    network = minilm.encoder._network
    cut = network.encode([long, long + end], normalize_embeddings=True, show_progress_bar=False)
    assert cut[0] @ cut[1] > 0.9999
    found = minilm.encoder.encode([long, long + end, "short"])
    assert found.windows.tolist() == [2, 3, 1]
    assert found.vectors[0] @ found.vectors[1] < 0.97
    assert np.linalg.norm(found.vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    unbroken = minilm.encoder.encode(["字" * 600])
    assert unbroken.windows[0] == 4  # 600, 300, 150 characters


def test_texts_no_tokenizer_expects(minilm: SemanticScorer) -> None:
    odd = ["\ud800", "\x00", "🦜" * 50, "<b>[CLS]</b>", "\u202eabc", "a" * 3000]
    assert np.isfinite(minilm.embed(odd)).all()


def test_equal_texts_are_embedded_once(minilm: SemanticScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    encode = minilm.encoder.encode
    monkeypatch.setattr(minilm.encoder, "encode", lambda texts: asked.extend(texts) or encode(texts))
    minilm.score(references=["go home"] * 3, hypotheses=["go home", "Go home.", "stay"])
    assert asked == ["go home", "stay"]


def test_a_gpu_that_is_not_there(minilm: SemanticScorer) -> None:
    import torch

    beyond = torch.cuda.device_count() if torch.cuda.is_available() else 0
    with pytest.raises(UsageError, match=rf"cannot use the device 'cuda:{beyond}'; it can use: auto, cpu"):
        _ = SemanticScorer(device=f"cuda:{beyond}").encoder


def test_a_model_that_cannot_be_loaded(model_folder: object) -> None:
    folder: Path = model_folder("broken")  # type: ignore[operator]
    with pytest.raises(UsageError, match="broken: cannot be loaded with sentence-transformers"):
        _ = SemanticScorer(folder).encoder


def test_a_run_is_measured_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("the network was asked"))
    corpus = [Said("a", REFERENCE), Said("b", "I was there.")]
    cells = {
        "good/set/as_recorded": {"a": "The meeting is at 3:00 tomorrow afternoon", "b": "I was here"},
        "poor/set/as_recorded": {"a": "Bananas are rich in potassium", "b": "I was not there."},
    }
    run = score_run(make_run(tmp_path / "run", corpus, cells))
    assert main(["score", str(run), "--semantic"]) == 0
    good, poor = (float(row["semantic_similarity"]) for row in leaderboard(run))
    assert good > poor + 0.1
