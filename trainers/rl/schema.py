"""A recipe for `asrdiag train rl`: one pydantic model is the check and the reference."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from asrdiag.spec import Spec, SuitePath

from ..learning.model_recipe import Count, Curve, LearningRates, Lora, ModelRecipe, Rate, Share

if TYPE_CHECKING:
    from asrdiag.judge import JudgeSettings

RewardName = Literal[
    "dg-wgpo",
    "dg-wgpo-appendix",
    "without-r-rep",
    "without-r-fine",
    "without-r-struc",
    "without-gate",
    "r-wer",
    "judge",
]

BinName = Literal["clean", "<30", "<50", "<70", ">=70", "ungraded"]
"""Of clips, by the base system's error rate in percent."""


class RlLora(Lora):
    """A new adapter. Nothing is dropped out, or an answer would have another probability at each look."""

    dropout: Literal[0] = 0


class Prompts(Spec):
    """The clips that answers are sampled to."""

    rows: SuitePath
    enrich: Annotated[Mapping[BinName, Rate], Field(min_length=1)] | None = None
    """How often a clip of each bin (`clean`, `<30`, `<50`, `<70`, `>=70`, `ungraded`) is drawn, against the
    others; bins that are not named are not drawn. `None`: every clip alike."""


class JudgeSpec(Spec):
    """A chat model behind an endpoint; see `asrdiag.judge.JudgeSettings`."""

    model: str
    base_url: str
    api_key_env: str | None = None
    max_requests: Count | None = None

    def settings(self) -> "JudgeSettings":
        """The same as the judge takes it.

        Raises:
            UsageError: a value cannot be used.
        """
        from asrdiag.judge import JudgeSettings

        return JudgeSettings(**self.model_dump())


class RewardSpec(Spec):
    """What an answer is worth."""

    name: RewardName = "dg-wgpo"
    parameters: Mapping[str, int | float | bool] = {}
    """Of `asrdiag.metrics.rewards.DGWGPOReward`."""
    judge: JudgeSpec | None = None
    """For the name `judge`: who is asked. The rules are then measured only."""

    @model_validator(mode="after")
    def _can_be_made(self) -> "RewardSpec":
        from .rewarding import make_rules

        make_rules(self)
        if (self.name == "judge") != (self.judge is not None):
            raise ValueError("expected the key judge with the name judge, and only with it")
        return self


class VllmOptions(Spec):
    """Of vLLM beside the policy, on the same GPU."""

    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)] = 0.3
    """Share of the GPU's memory that it takes for itself, from the beginning to the end."""
    max_model_len: Count | None = None
    """Most tokens of prompt, audio and answer together; `None`: as the checkpoint says."""


class SamplingSpec(Spec):
    """How answers are drawn."""

    engine: Literal["transformers", "vllm"] = "transformers"
    """Who draws them. How likely they were is computed by the policy itself in either case."""
    vllm: VllmOptions | None = None
    temperature: Rate = 0.5
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.95
    top_k: Annotated[int, Field(ge=0)] = 50
    """0: all tokens."""
    repetition_penalty: Rate = 1.08
    max_new_tokens: Count = 256
    max_tokens_per_s: Rate | None = None
    """A lower limit for short clips: so many tokens for a second of the longest in a batch, and 8."""

    @model_validator(mode="after")
    def _options_are_of_the_engine(self) -> "SamplingSpec":
        if self.vllm is not None and self.engine != "vllm":
            raise ValueError(
                f"found the key vllm and the engine {self.engine}, expected engine: vllm with it"
            )
        return self


class Groups(Spec):
    """How many answers a step learns from."""

    prompts: Count = 16
    """Clips a step, over all devices."""
    rollouts: Annotated[int, Field(ge=2)] = 12
    """Answers to each: K."""
    max_resamples: Annotated[int, Field(ge=0)] = 4
    """How often clips whose answers are all worth the same are replaced by others; 0: never."""
    mask_overlong: bool = True
    """Answers that were cut at the limit are part of their group's mean and spread, and not learnt from: they
    count neither in the loss nor in the tokens that it is divided by (as in TRL)."""
    decode_at_once: Count = 8
    """Clips whose answers are drawn together."""
    learn_at_once: Count = 2
    """Clips whose answers are learnt from together; the rest of a step is accumulated."""


class LossSpec(Spec):
    """The loss; see `policy_loss`."""

    kind: Literal["dapo", "grpo"] = "dapo"
    clip_low: Rate = 0.2
    clip_high: Rate = 0.28
    beta: Annotated[float, Field(ge=0)] = 0.04
    iterations: Count = 2
    """Updates from the same answers."""
    scale_advantages: bool = True


class RlOptimizer(Spec):
    """AdamW, cosine after the warm-up."""

    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    max_grad_norm: Rate = 1.0
    warmup_ratio: Annotated[float, Field(ge=0, lt=1)] = 0.03
    schedule: Curve = "cosine"


class Collapse(Spec):
    """Signs that the policy has found a way around the reward; see `docs/reinforcement-learning.md`."""

    steps: Count = 5
    """Over so many steps in a row."""
    empty: Share = 0.3
    repetition: Share = 0.3
    overlong: Share = 0.3
    same: Share = 0.3
    """Of answers that are one text, said to at least three clips with different references."""


class RlRecipe(ModelRecipe):
    """Reinforcement learning of a speech model."""

    step: Literal["rl"]
    lora: RlLora = RlLora()
    learning_rates: LearningRates
    train: Prompts
    reward: RewardSpec = RewardSpec()
    sampling: SamplingSpec = SamplingSpec()
    groups: Groups = Groups()
    loss: LossSpec = LossSpec()
    optimizer: RlOptimizer = RlOptimizer()
    collapse: Collapse = Collapse()
    steps: Count
    checkpoint_every: Count = 20
