"""Processes that share the rows of a step learn what one alone learns, whatever is left for the last step."""

import json

import pytest
import torch
from two_processes import in_two_processes

from asrdiag.trainers.learning.folder import TrainFolder
from asrdiag.trainers.progress import make_display
from asrdiag.trainers.sft.session import prepare

from .conftest import write_rows

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
    pytest.mark.skipif(
        torch.cuda.is_available(), reason="gradients cannot be taken after a fork beside a GPU"
    ),
]


def train(loaded, folder, device="cpu"):
    """What was learnt, as one tensor."""
    folder.mkdir(exist_ok=True)
    session = prepare(loaded, TrainFolder(folder), make_display("none"), device)
    session.run()
    session.close()
    parameters = session.opened.model.named_parameters()
    return torch.cat([each.detach().flatten() for name, each in parameters if ".lora_" in name])


@pytest.mark.parametrize("distillation", [0.0, 0.5])
def test_two_learn_as_one_does_where_the_last_step_is_not_full(recipe, place, tmp_path, distillation):
    # Five rows in steps of four: the second step has one row for two processes with two places each.
    rows = [json.loads(line) for line in (place / "train.jsonl").read_text().splitlines()[:5]]
    for row in rows:
        row["audios"] = [str(place / row["audios"][0])]
        row["meta"]["source"] = {"path": row["audios"][0]}
    write_rows(tmp_path / "rows.jsonl", rows)
    loaded = recipe(
        train={"rows": str(tmp_path / "rows.jsonl")},
        phases=[{"name": "all", "learning_rates": {"encoder": 0.01, "decoder": 0.01}}],
        lora={"dropout": 0.0},
        distillation=distillation,
    )
    alone = train(loaded, tmp_path / "alone")
    together = tmp_path / "together"
    assert in_two_processes(
        lambda rank, device: torch.save(train(loaded, together, device), tmp_path / f"{rank}.pt")
    ) == [0, 0]
    ends = [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1)]
    assert torch.equal(ends[0], ends[1])
    torch.testing.assert_close(ends[0], alone, atol=1e-4, rtol=0)  # AdamW: sign of gradients near 0
