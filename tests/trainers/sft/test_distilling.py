"""What the untrained model says of the clean clip: where it is, what is learnt from it, and what is not."""

import json

import numpy as np
import pytest
import soundfile
import torch
from engines import tiny_checkpoints as tiny

from asrdiag.audio import sha256_of
from asrdiag.errors import UsageError
from asrdiag.trainers.data.clips import ClipRefused, Place
from asrdiag.trainers.data.line import TrainingRow
from asrdiag.trainers.families.base import IGNORED
from asrdiag.trainers.learning.model_recipe import Limits
from asrdiag.trainers.learning.parts import let_learn, part_of
from asrdiag.trainers.learning.pool import clip_limits, open_pool
from asrdiag.trainers.learning.row_audio import clean_place
from asrdiag.trainers.progress import make_display
from asrdiag.trainers.sft.dataset import StageDataset
from asrdiag.trainers.sft.distilling import CLEAN, batch_with_clean, untrained
from asrdiag.trainers.sft.opening import open_model
from asrdiag.trainers.sft.trainer import SftTrainer

from .conftest import write_rows
from .test_phases import adapter, moved
from .test_resume import Killed, at_batch, die, result

FAMILIES = ("moonshine", "whisper", "qwen3-asr")
CALM = {"dropout": 0.0}


@pytest.fixture(scope="module")
def paired(place, tmp_path_factory):
    """As `train.jsonl`, with the clips that degraded ones were made of: louder and shorter ones."""
    folder = tmp_path_factory.mktemp("paired")
    rows = [json.loads(line) for line in (place / "train.jsonl").read_text().splitlines()]
    for number, (row, samples) in enumerate(zip(rows, tiny.clips(8), strict=True)):
        row["audios"] = [str(place / f"{number}.wav")]
        if row["meta"]["scenario"] != "clean":
            soundfile.write(folder / f"{number}.flac", np.pad(samples * 2, (160 * number, 800)), tiny.RATE)
            row["meta"]["source"] = {"path": f"{number}.flac"}
    return write_rows(folder / "train.jsonl", rows)


@pytest.fixture
def learner(recipe, paired):
    """A model with an adapter that is not zero any more, its rows as a dataset, and its trainer's loss."""
    pools = []

    def make(family, share, rows=range(8), shaken=True, **keys):
        said = recipe(family, lora=CALM, distillation=share, **keys).recipe
        opened = open_model(said, "cpu")
        if shaken:
            torch.manual_seed(3)
            with torch.no_grad():
                for name, weights in opened.model.named_parameters():
                    if ".lora_B" in name:
                        weights.normal_(0, 0.1)
        limits = said.limits
        pools.append(open_pool(paired, opened.family, limits, None, make_display("none"), distils=share > 0))
        dataset = StageDataset(
            pools[-1], np.array(rows), opened.family, clip_limits(limits), distils=share > 0
        )
        trainer = SftTrainer.__new__(SftTrainer)  # its loss alone
        trainer._family, trainer._distillation = opened.family, share
        trainer.accelerator = Unwrapped()
        return opened, dataset, trainer

    yield make
    for pool in pools:
        pool.rows.close()


class Unwrapped:
    num_processes = 1

    def unwrap_model(self, model):
        return model


def by_hand(family, model, plain_family, plain, item):
    """Cross entropy and divergence of one row, from two plain passes, in double precision."""
    own, clean = {name: each for name, each in item.items() if name != CLEAN}, item[CLEAN]
    scores = []
    for each, net, batch in ((family, model, own), (plain_family, plain, clean)):
        with torch.no_grad():
            found = each.logits(net, batch)[0].double().numpy()
        labels = batch["labels"][0].numpy()[-len(found) :]
        found = found[labels != IGNORED]
        scores.append(found - np.log(np.exp(found).sum(axis=1, keepdims=True)))
    learnt, taught = scores
    labels = own["labels"][0].numpy()
    asked = labels[labels != IGNORED]
    entropy = -sum(learnt[at, token] for at, token in enumerate(asked))
    return entropy, float((np.exp(taught) * (taught - learnt)).sum()), len(asked)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_loss_is_the_transcripts_and_the_divergence_in_their_shares(learner, recipe, name):
    opened, dataset, trainer = learner(name, 0.3, rows=(1, 4, 6, 7))
    plain = open_model(recipe(name, lora=None).recipe, "cpu")
    items = [dataset[index] for index in range(4)]
    found = [
        by_hand(opened.family, opened.model.eval(), plain.family, plain.model.eval(), item) for item in items
    ]
    entropy, apart, tokens = (sum(each[at] for each in found) for at in range(3))
    batch = batch_with_clean(opened.family, items)
    assert len({each["labels"].shape[1] for each in items}) > 1
    # Whisper has a window of one length; else a clip that was degraded is longer than the clean one.
    longer = [key for key in batch if key != CLEAN and batch[key].shape != batch[CLEAN][key].shape]
    assert longer or name == "whisper"
    opened.model.train()
    mean = trainer.compute_loss(opened.model, batch).item()
    assert apart > 0.05 * entropy
    assert mean == pytest.approx((0.7 * entropy + 0.3 * apart) / tokens, rel=2e-4)
    _, _, alone = learner(name, 0.0)
    assert alone.compute_loss(opened.model, batch).item() == pytest.approx(entropy / tokens, rel=2e-4)


def test_a_clean_row_is_not_apart_from_itself_in_the_beginning(learner):
    opened, dataset, trainer = learner("moonshine", 0.5, rows=(0, 4, 1), shaken=False)
    opened.model.train()
    losses = []
    for rows in ((0, 1), (0, 2)):
        batch = batch_with_clean(opened.family, [dataset[row] for row in rows])
        trainer._distillation = 0.0
        whole = trainer.compute_loss(opened.model, batch).item()
        trainer._distillation = 0.5
        losses.append((trainer.compute_loss(opened.model, batch).item(), whole))
    assert losses[0][0] == losses[0][1] / 2  # half of the transcripts', and half of nothing
    assert losses[1][0] > losses[1][1] / 2


def test_gradients_are_the_same_when_they_are_checkpointed(learner):
    found = []
    for checkpointing in (False, True):
        opened, dataset, trainer = learner("qwen3-asr", 0.5, gradient_checkpointing=checkpointing)
        let_learn(opened.model, opened.parts, {"encoder": 1.0, "decoder": 1.0}, adapter=True)
        opened.model.train()
        batch = batch_with_clean(opened.family, [dataset[1], dataset[6]])
        trainer.compute_loss(opened.model, batch).backward()
        found.append(
            {name: each.grad for name, each in opened.model.named_parameters() if each.grad is not None}
        )
    assert found[0].keys() == found[1].keys()
    assert all(torch.allclose(each, found[1][name], atol=1e-6) for name, each in found[0].items())
    parts = {part_of(name.removeprefix("base_model.model."), opened.parts) for name in found[0]}
    assert parts == {"encoder", "decoder"}  # and not the aligner


def test_whatever_happens_while_it_is_asked_the_model_is_as_before(opened, recipe):
    made = open_model(recipe("moonshine").recipe, "cpu")
    let_learn(made.model, made.parts, {"decoder": 1.0}, adapter=True)
    before = [each.requires_grad for each in made.model.parameters()]
    for training in (True, False):
        made.model.train(training)
        with pytest.raises(Killed), untrained(made.model) as model:
            assert not model.training and not any(each.requires_grad for each in model.parameters())
            raise Killed
        assert made.model.training is training
        assert [each.requires_grad for each in made.model.parameters()] == before
        assert made.model.get_model_status().enabled is True


def test_killed_and_gone_on_it_ends_as_if_never_and_moves_its_own_parts_alone(session, paired, monkeypatch):
    phases = [{"name": part, "learning_rates": {part: 0.01}} for part in ("encoder", "decoder")]
    keys = {"train": {"rows": str(paired)}, "distillation": 0.4, "checkpoint_every": 1, "phases": phases}
    whole = session("moonshine", out="whole", **keys)
    whole.run()
    with monkeypatch.context() as patch:
        at_batch(patch, 4, die)  # in step 2
        with pytest.raises(Killed):
            session("moonshine", out="killed", **keys).run()
    killed = session("moonshine", out="killed", **keys)
    killed.run()
    losses, _ = result(whole.folder.path)
    assert sorted(losses) == [1, 2, 3, 4]
    assert result(killed.folder.path) == result(whole.folder.path)
    weights = {step: adapter(whole.folder, step) for step in (1, 2, 4)}
    parts = whole.opened.parts
    assert moved(weights[1], weights[2], parts) == {"encoder"}
    assert moved(weights[2], weights[4], parts) == {"decoder"}


def row_made_of(source, scenario="noise"):
    meta = {"scenario": scenario} | ({} if source is None else {"source": source})
    return {"id": json.dumps(source), "audios": ["fine.wav"], "solution": "go on", "meta": meta}


def test_rows_that_do_not_say_what_they_were_made_of_are_counted_and_left_out(opened, tmp_path):
    speech = np.random.default_rng(0).normal(0, 0.1, tiny.RATE).astype(np.float32)
    for name, samples in (("fine", speech), ("silent", speech * 0), ("long", np.tile(speech, 4))):
        soundfile.write(tmp_path / f"{name}.wav", samples, tiny.RATE, subtype="FLOAT")
    odd = ({"offset_s": "0"}, {"offset_s": -1}, {"duration_s": float("nan")}, {"row": 1.5}, {"row": True})
    bad = [
        *(("no_source", source) for source in (None, "fine.wav", {}, {"path": 3}, {"path": ""})),
        *(("no_source", {"path": "fine.wav"} | key) for key in odd),
        ("missing_audio", {"path": "gone.wav"}),
        ("missing_audio", {"path": "a\0b"}),
        ("silent_audio", {"path": "silent.wav"}),
        ("unreadable_audio", {"path": "fine.wav", "offset_s": 0.5, "duration_s": 3}),
        ("changed_audio", {"path": "fine.wav", "sha256": sha256_of(speech * 2, tiny.RATE)}),
        ("too_long_for_the_model", {"path": "long.wav"}),  # more than the tiny Whisper's window of 2 s
    ]
    good = [
        {"path": "fine.wav", "sha256": sha256_of(speech, tiny.RATE)},
        {"path": "long.wav", "offset_s": 1, "duration_s": 1.0, "row": None},
    ]
    rows = write_rows(
        tmp_path / "rows.jsonl",
        [row_made_of(source) for _, source in bad]
        + [row_made_of(source) for source in good]
        + [row_made_of(None, "clean") | {"id": "clean"}],
    )
    family, listing, said = opened("whisper"), tmp_path / "skipped.jsonl", Limits(max_skipped_share=1.0)
    pool = open_pool(rows, family, said, listing, make_display("none"), distils=True)
    listed = {each["id"]: each["reason"] for each in map(json.loads, listing.read_text().splitlines())}
    assert listed == {json.dumps(source): reason for reason, source in bad}
    assert [row.id for row in pool] == [*map(json.dumps, good), "clean"]
    assert "no_source" in pool.told_skipped()[0]
    pool.rows.close()
    without = open_pool(rows, family, said, None, make_display("none"))
    assert len(without) == len(bad) + 3  # nobody asks what they were made of
    without.rows.close()
    with pytest.raises(UsageError, match=r"16 of 19 rows cannot be trained on \(10 no_source, "):
        open_pool(rows, family, Limits(), None, make_display("none"), distils=True)


def test_a_source_is_looked_for_from_the_folder_of_its_rows(tmp_path):
    def place_of(source):
        row = TrainingRow("x", tmp_path / "x.wav", "go", meta={"scenario": "noise", "source": source})
        return clean_place(row, tmp_path / "rows" / "train.jsonl")

    assert place_of({"path": "../clean/a.wav"}) == Place(tmp_path / "clean" / "a.wav")
    assert place_of({"path": "/a.wav", "offset_s": 1, "duration_s": None, "sha256": "0"}) == Place(
        tmp_path / "/a.wav", 1
    )
    assert place_of({"path": "t.parquet", "row": 3, "column": "wav"}) == Place(
        tmp_path / "rows" / "t.parquet", row=3, column="wav"
    )
    with pytest.raises(ClipRefused, match=r"no_source: found no meta\.source\.path"):
        place_of(None)


def test_without_an_adapter_there_is_nobody_to_ask(recipe):
    with pytest.raises(UsageError, match=r"distillation: found 0.5 and no adapter, expected `lora`"):
        recipe("moonshine", lora=None, distillation=0.5)
