"""Ray's workers, on this machine or on a cluster whose machines share the corpus's file system."""

from typing import Any

from ..ray_cluster import require_ray
from .line import Crew
from .work import Job, Result, Stretch, WorkerLost, make_alone, run_stretch


class RayCrew(Crew[Any]):
    """Tasks of one CPU each.

    Without a cluster (`RAY_ADDRESS`) Ray is started on this machine for as long as the work takes.
    """

    def __init__(self, job: Job, workers: int | None) -> None:
        self._ray = ray = require_ray()
        self._ours = not ray.is_initialized()
        if self._ours:
            ray.init(log_to_driver=False, include_dashboard=False, logging_level="ERROR")
        super().__init__(job, workers or max(1, int(ray.cluster_resources().get("CPU", 1))))
        self._job = ray.put(job)
        # A stretch whose process is lost is begun anew here, where the clip to blame can be found.
        task = ray.remote(num_cpus=1, max_retries=0)
        self._run, self._alone = task(run_stretch), task(make_alone)

    def submit(self, stretch: Stretch) -> Any:
        return self._run.remote(self._job, stretch)

    def result(self, handle: Any) -> Result:
        try:
            found: Result = self._ray.get(handle)
        except (self._ray.exceptions.WorkerCrashedError, self._ray.exceptions.NodeDiedError) as error:
            raise WorkerLost from error
        except self._ray.exceptions.OutOfMemoryError as error:
            raise WorkerLost from error
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from error
        return found

    def is_lost(self, handle: Any) -> bool:
        done, _ = self._ray.wait([handle], timeout=0)
        try:
            return bool(done) and self.result(handle) is None
        except WorkerLost:
            return True

    def kills(self, number: int) -> bool:
        try:
            self.result(self._alone.remote(self._job, number))
        except WorkerLost:
            return True
        return False

    def close(self, *, finished: bool) -> None:
        if self._ours:
            self._ray.shutdown()
