"""Which clips the adapter is used for: a router hears each one first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...errors import UsageError
from ...routing.config import CONFIG
from .checkpoint_spec import CheckpointSpec

if TYPE_CHECKING:
    from ...routing.router import Router
    from ...routing.switching import Switch

ADAPTED, BASE = "adapted", "base"
"""What `route` says in the details of a transcript."""


@dataclass(frozen=True, slots=True)
class Route:
    """Which weights a clip is for, and why."""

    p_degraded: float
    adapted: bool

    def details(self) -> dict[str, str | float]:
        """For the sample record."""
        return {"route": ADAPTED if self.adapted else BASE, "p_degraded": self.p_degraded}


class Routing:
    """A system's router, its threshold, and the switch that has the model follow a decision.

    A clip is routed as a whole, however many pieces it is cut into: its transcript comes from one model, and
    the error rate of each path is that of the clips that took it.
    """

    def __init__(self, router: "Router", threshold: float, switch: "Switch | None") -> None:
        self._router, self._threshold, self._switch = router, threshold, switch

    @property
    def switches(self) -> bool:
        """Whether pieces for the base and for the adapted weights must not share a batch."""
        return self._switch is not None

    def routes(self, clips: Sequence[npt.NDArray[np.float32]]) -> list[Route]:
        """A route for each clip, float32 of shape [n_samples] at 16 kHz.

        Raises:
            SampleError: a clip is empty, or a sample of it is NaN or infinite.
        """
        found = self._router.p_degraded(clips)
        return [Route(p, p >= self._threshold) for p in found]

    def use(self, adapted: bool) -> None:
        """Have the model's next passes go through the adapted weights, or through its own."""
        if self._switch is not None:
            self._switch.use(adapted)


def open_routing(spec: CheckpointSpec, device: Any | None, model: Any | None) -> Routing | None:
    """Load a system's router; `None` if it has none.

    Args:
        spec: the system.
        device: of torch, for the router; `None`: the first GPU, if there is one.
        model: with the adapter in it, which is made one that can be switched; `None`: requests name it.

    Raises:
        UsageError: the router cannot be loaded, or the adapter gives weights that are not finite.
    """
    checkpoint = spec.router_checkpoint
    if checkpoint is None:
        return None
    from ...routing.router import Router
    from ...routing.switching import make_switch

    if device is None:
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
    router = Router.open(checkpoint.fetched(CONFIG), device)
    switch: Switch | None = None
    if model is not None:
        try:
            switch = make_switch(model)
        except ValueError as error:
            raise UsageError(f"{spec.adapter}: cannot be switched: {error}") from error
    return Routing(router, spec.threshold(), switch)
