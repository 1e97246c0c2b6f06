"""Loss, gradient and advantages against TRL's own code, called on the same numbers."""

import inspect
import textwrap
from types import SimpleNamespace

import pytest
import torch

from asrdiag.trainers.rl.advantages import group_advantages
from asrdiag.trainers.rl.loss import Clip, policy_loss

grpo = pytest.importorskip("trl.trainer.grpo_trainer", reason="needs trl")
ROWS, TOKENS = 6, 9
GENERATOR = torch.Generator().manual_seed(3)


@pytest.fixture(scope="module")
def numbers():
    """Ratios beyond both clips, and answers of mixed lengths, one of a single token."""
    lengths = torch.tensor([9, 4, 1, 7, 9, 2])
    mask = torch.arange(TOKENS)[None] < lengths[:, None]
    new = -torch.rand(ROWS, TOKENS, generator=GENERATOR, dtype=torch.float64) * 3
    old = new + torch.randn(ROWS, TOKENS, generator=GENERATOR, dtype=torch.float64) * 0.6
    reference = new + torch.randn(ROWS, TOKENS, generator=GENERATOR, dtype=torch.float64) * 0.2
    advantages = torch.tensor([1.2, -0.7, 0.3, -1.5, 0.0, 0.9], dtype=torch.float64)
    return new, old, reference, advantages, mask


def by_trl(numbers, kind, beta):
    new, old, reference, advantages, mask = numbers
    new = new.clone().requires_grad_()
    ours = SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *_, **__: (new, torch.zeros_like(new), None),
        accelerator=SimpleNamespace(
            num_processes=1, gather=lambda each: each, reduce=lambda each, reduction: each
        ),
        args=SimpleNamespace(use_bias_correction_kl=False, delta=None, steps_per_generation=1),
        aux_loss_enabled=False,
        beta=beta,
        current_gradient_accumulation_steps=1,
        epsilon_high=0.28,
        epsilon_low=0.2,
        importance_sampling_level="token",
        loss_type=kind,
        model=SimpleNamespace(training=True),
        off_policy_mask_threshold=None,
        top_entropy_quantile=1.0,
        use_vllm=False,
        _entropy_bonus_enabled=False,
        _metrics={"train": {name: [] for name in NAMES}},
    )
    tokens = torch.zeros(ROWS, TOKENS, dtype=torch.int64)
    value = grpo.GRPOTrainer._compute_loss(
        ours,
        None,
        {
            "prompt_ids": tokens[:, :1],
            "prompt_mask": torch.ones(ROWS, 1),
            "completion_ids": tokens,
            "completion_mask": mask.to(torch.float64),
            "advantages": advantages,
            "old_per_token_logps": old,
            "ref_per_token_logps": reference,
            "num_items_in_batch": mask.sum(),
        },
    )
    value.backward()
    return value.detach(), new.grad, ours._metrics["train"]


NAMES = (
    *("kl", "entropy", "clip_ratio/low_mean", "clip_ratio/low_min", "clip_ratio/high_mean"),
    *("clip_ratio/high_max", "clip_ratio/region_mean"),
)


def by_us(numbers, kind, beta, portions=((0, ROWS),)):
    new, old, reference, advantages, mask = numbers
    new = new.clone().requires_grad_()
    found = []
    for first, last in portions:
        rows = slice(first, last)
        found.append(
            policy_loss(
                new[rows],
                old[rows],
                reference[rows] if beta else None,
                advantages[rows],
                mask[rows],
                n_tokens=float(mask.sum()),
                n_rows=ROWS,
                clip=Clip(0.2, 0.28),
                beta=beta,
                kind=kind,
            )
        )
    total = sum(each.value for each in found)
    total.backward()
    return total.detach(), new.grad, found


@pytest.mark.parametrize("kind", ["dapo", "grpo"])
@pytest.mark.parametrize("beta", [0.0, 0.04])
def test_loss_and_gradient_are_trls(numbers, kind, beta):
    value, gradient, metrics = by_trl(numbers, kind, beta)
    ours, our_gradient, found = by_us(numbers, kind, beta)
    assert torch.equal(ours, value) or float((ours - value).abs()) < 1e-15
    assert float((our_gradient - gradient).abs().max()) < 1e-15
    assert gradient.abs().max() > 0.01
    n_tokens = found[0].n_tokens
    assert found[0].clipped_low / n_tokens == pytest.approx(metrics["clip_ratio/low_mean"][0])
    assert found[0].clipped_high / n_tokens == pytest.approx(metrics["clip_ratio/high_mean"][0])
    assert found[0].clipped_low and found[0].clipped_high  # both happen in these numbers
    if beta:
        assert found[0].kl / n_tokens == pytest.approx(metrics["kl"][0])


@pytest.mark.parametrize("kind", ["dapo", "grpo"])
def test_shares_of_a_step_add_up(numbers, kind):
    whole, gradient, _ = by_us(numbers, kind, 0.04)
    parts, in_parts, _ = by_us(numbers, kind, 0.04, portions=((0, 1), (1, 4), (4, ROWS)))
    assert float((whole - parts).abs()) < 1e-15
    assert float((gradient - in_parts).abs().max()) < 1e-15


def test_advantages_are_trls():
    """Its own lines, cut out of a method of 600 and run."""
    source = inspect.getsource(grpo.GRPOTrainer._generate_and_score_completions)
    first = source.index('if self.multi_objective_aggregation == "sum_then_normalize"')
    lines = source[
        source.rindex("\n", 0, first) + 1 : source.index("elif self.multi_objective_aggregation", first)
    ]
    rewards = torch.rand(5, 12, generator=GENERATOR, dtype=torch.float64)
    rewards[2] = 0.25
    known = {
        "self": SimpleNamespace(
            multi_objective_aggregation="sum_then_normalize",
            scale_rewards="group",
            reward_weights=torch.ones(1, dtype=torch.float64),
        ),
        "device": "cpu",
        "num_generations": 12,
        "rewards_per_func": rewards.reshape(-1, 1),
        "unscorable_mask": torch.zeros(60, dtype=torch.bool),
    }
    exec(textwrap.dedent(lines), vars(grpo) | known, known)
    found = group_advantages(rewards)
    # TRL takes the root in float32.
    assert float((found.reshape(-1) - known["advantages"]).abs().max()) < 1e-6
    assert not found[2].any()
    assert found.abs().max() > 1
