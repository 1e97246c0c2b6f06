"""Speech models as policies: hear a clip once, sample answers to it, say how likely each token was."""

from asrdiag.errors import UsageError

from ...families.base import TrainedFamily
from ...families.qwen3_asr import Qwen3Asr
from ...families.seq2seq import Seq2Seq
from .base import Heard, Policy, Sampling, entropies, token_logprobs
from .chat import ChatPolicy
from .seq2seq import Seq2SeqPolicy
from .writing import Itself, Writer

__all__ = ["Heard", "Itself", "Policy", "Sampling", "Writer", "entropies", "policy_of", "token_logprobs"]


def policy_of(family: TrainedFamily) -> Policy:
    """The policy that a loaded model is.

    Raises:
        UsageError: models of its family are not trained by reinforcement here.
    """
    if isinstance(family, Seq2Seq):
        return Seq2SeqPolicy(family)
    if isinstance(family, Qwen3Asr):
        return ChatPolicy(family)
    raise UsageError(
        f"{family.family.spec.model}: expected a Whisper, Moonshine or Qwen3-ASR model; others cannot be "
        "trained by reinforcement here"
    )
