"""Ray, where it is installed: a cluster to work on, of this machine alone or of several."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .errors import UsageError

REACHED_S = 5.0
"""A cluster that does not answer within these seconds is not there."""


def require_ray() -> Any:
    """Ray's module.

    Raises:
        UsageError: it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # or a cluster started here would report its use
    try:
        import ray
    except ImportError as error:
        raise UsageError("--executor ray needs Ray: pip install 'asrdiag[ray]'") from error
    return ray


@dataclass(frozen=True, slots=True)
class RayCluster:
    """A cluster that this process is connected to."""

    ray: Any
    """Ray's module."""

    def slots(self, device: str, gpus: int = 1) -> int:
        """How many processes with a recogniser there is room for: one a CPU, or one for every `gpus` GPUs.

        Raises:
            UsageError: for none.
        """
        machines = [node["Resources"] for node in self.ray.nodes() if node["Alive"]]
        kind, number = ("CPU", 1) if device == "cpu" else ("GPU", gpus)
        slots = sum(int(machine.get(kind, 0)) // number for machine in machines)
        if not slots:
            totals = {kind: sum(machine.get(kind, 0) for machine in machines) for kind in ("CPU", "GPU")}
            has = ", ".join(f"{total:g} {kind}s" for kind, total in totals.items())
            wanted = f"a {kind}" if number == 1 else f"{number} {kind}s on one machine"
            raise UsageError(f"the Ray cluster has {has}; --device {device} needs {wanted}")
        return slots


@contextmanager
def ray_cluster(address: str | None) -> Iterator[RayCluster]:
    """Connect to a cluster, or start one on this machine; at the end it is left alone, or shut down.

    Args:
        address: `HOST:PORT` of a cluster of which this machine is a part, or `auto` for the one that runs
            here. `None`: what `RAY_ADDRESS` says; if that is not set, one is started.

    Raises:
        UsageError: Ray is not installed, or the cluster cannot be reached.
    """
    ray = require_ray()
    if ray.is_initialized():
        yield RayCluster(ray)
        return
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    _require_reachable(address)
    on_end = signal.getsignal(signal.SIGTERM)
    options = {"include_dashboard": False} if address == "local" else {}
    try:
        ray.init(address, log_to_driver=False, logging_level="ERROR", **options)
    except (OSError, RuntimeError, ValueError) as error:  # ConnectionError; Ray or Python of another version
        where = "on this machine" if address == "local" else f"at {address!r}"
        hint = "; a cluster with tokens needs RAY_AUTH_MODE=token here" if ":" in address else ""
        raise UsageError(f"no Ray cluster can be used {where}: {error}{hint}") from error
    try:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, on_end)  # Ray has put its own there
        yield RayCluster(ray)
    finally:
        ray.shutdown()


def _require_reachable(address: str) -> None:
    """Ray itself would try for a minute."""
    if address in ("auto", "local"):
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        raise UsageError(
            f"--address: found {address!r}, expected HOST:PORT or auto (not Ray Client's ray://: start the "
            "run on a machine of the cluster)"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), REACHED_S).close()
    except (OSError, OverflowError) as error:
        raise UsageError(f"no Ray cluster answers at {address!r}: {error}") from error
