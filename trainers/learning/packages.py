"""What training needs installed."""

from collections.abc import Sequence

from asrdiag.engines.base import Package
from asrdiag.errors import UsageError

_NEEDED = (
    Package("torch", "torch", at_least="2.6"),
    Package("transformers", "transformers", at_least="5.15.1"),
    Package("peft", "peft", at_least="0.19.1"),
    Package("accelerate", "accelerate", at_least="1.10"),
)


def require_packages(trackers: Sequence[str] = ()) -> None:
    """Make sure that what trains a model is there, and whoever is told of the losses.

    Raises:
        UsageError: it is not; the message says what installs it.
    """
    for package in _NEEDED:
        if reason := package.missing():
            raise UsageError(f"{reason}: pip install 'asrdiag[transformers]'")
    for name in trackers:
        if reason := Package(name, name).missing():
            raise UsageError(f"trackers: {reason}: pip install {name}")
