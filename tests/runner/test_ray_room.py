"""Whether a cluster has room for a system, found out before anything runs and without Ray."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from asrdiag.engines import ENGINES
from asrdiag.errors import UsageError
from asrdiag.ray_cluster import RayCluster
from asrdiag.runner.ray_pool import require_room


def test_rooms_are_counted_machine_by_machine() -> None:
    machines = [
        {"Alive": True, "Resources": {"CPU": 4.0, "GPU": 3.0}},
        {"Alive": True, "Resources": {"CPU": 2.0, "GPU": 1.0}},
        {"Alive": False, "Resources": {"CPU": 64.0, "GPU": 8.0}},
    ]
    cluster = RayCluster(SimpleNamespace(nodes=lambda: machines))
    assert cluster.slots("cpu") == 6
    assert cluster.slots("cuda") == 4
    assert cluster.slots("cuda", 2) == 1  # one pair on the first machine; the others are on two machines
    with pytest.raises(UsageError, match="has 6 CPUs, 4 GPUs; --device cuda needs 4 GPUs on one machine"):
        cluster.slots("cuda", 4)


def test_what_spreads_over_all_gpus_is_refused(tmp_path: Path) -> None:
    system = ENGINES.load("transformers")(
        id="large", engine="transformers", model=str(tmp_path), device_map="auto"
    )
    cluster = RayCluster(SimpleNamespace(nodes=list))
    with pytest.raises(UsageError, match="system 'large': `device_map: auto` takes all GPUs of a machine"):
        require_room(cluster, [system], "cuda")
