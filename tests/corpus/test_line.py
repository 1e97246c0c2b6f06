"""Results in order, whoever is lost on the way; with a crew of no processes at all."""

from pathlib import Path
from typing import Any

import pytest

from asrdiag.corpus.line import Crew, run_line
from asrdiag.corpus.work import Job, Result, Stretch, WorkerLost, marker_of
from asrdiag.errors import AsrdiagError

from .conftest import recipe


class FakeCrew(Crew[list[Any]]):
    """Loses a process over every stretch that holds a deadly number, as long as it is not named a killer."""

    def __init__(
        self, work: Path, *, deadly: tuple[int, ...] = (), all_fall: bool = True, losses: int = 0
    ) -> None:
        super().__init__(Job(recipe(), None, None, work, work), 2)  # type: ignore[arg-type]
        self.deadly, self.all_fall, self.losses = deadly, all_fall, losses
        self.pending: list[list[Any]] = []
        self.most_pending = self.tried_alone = 0

    def submit(self, stretch: Stretch) -> list[Any]:
        handle = [stretch, "waiting"]
        self.pending.append(handle)
        self.most_pending = max(self.most_pending, len(self.pending))
        return handle

    def result(self, handle: list[Any]) -> Result:
        stretch = handle[0]
        fatal = [
            n for n in range(stretch.first, stretch.end) if n in self.deadly and n not in stretch.killers
        ]
        if fatal or self.losses:
            self.losses -= bool(self.losses)
            if fatal:
                marker_of(self.job.work, stretch).write_bytes(b"%20d" % fatal[0])
            for other in self.pending if self.all_fall else [handle]:
                other[1] = "lost"
            self.pending = [other for other in self.pending if other[1] != "lost"]
            raise WorkerLost
        self.pending.remove(handle)
        return Result(
            [b"%d" % n for n in range(stretch.first, stretch.end) if n not in stretch.killers], [], 0.0
        )

    def is_lost(self, handle: list[Any]) -> bool:
        return handle[1] == "lost"

    def kills(self, number: int) -> bool:
        self.tried_alone += 1
        return number in self.deadly

    def close(self, *, finished: bool) -> None:
        return


def stretches(number: int) -> list[Stretch]:
    return [Stretch(10 * n, 10 * n + 10, n) for n in range(number)]


def through(crew: FakeCrew, number: int) -> list[int]:
    return [int(line) for _, result in run_line(crew, stretches(number)) for line in result.lines]


def test_results_come_in_order_and_few_are_under_way(tmp_path: Path) -> None:
    crew = FakeCrew(tmp_path)
    assert through(crew, 50) == list(range(500))
    assert crew.most_pending == 6  # twice the workers and two


@pytest.mark.parametrize("all_fall", [True, False], ids=["a pool that breaks", "workers that fall alone"])
def test_a_clip_that_kills_is_left_out_and_nothing_else(tmp_path: Path, all_fall: bool) -> None:
    deadly = (0, 37, 38, 222, 499)
    crew = FakeCrew(tmp_path, deadly=deadly, all_fall=all_fall)
    assert through(crew, 50) == [number for number in range(500) if number not in deadly]
    assert crew.tried_alone == len(deadly)


def test_a_process_that_is_lost_by_chance_costs_nothing(tmp_path: Path) -> None:
    crew = FakeCrew(tmp_path, losses=3)
    assert through(crew, 5) == list(range(50))


def test_losses_without_end_are_an_error(tmp_path: Path) -> None:
    crew = FakeCrew(tmp_path, losses=4)
    with pytest.raises(AsrdiagError, match="worker processes ended 4 times and no single clip is to blame"):
        through(crew, 5)


def test_an_innocent_clip_is_not_blamed(tmp_path: Path) -> None:
    crew = FakeCrew(tmp_path, losses=2)
    marker_of(tmp_path, stretches(1)[0]).write_bytes(b"%20d" % 4)  # it was under way when memory ran out
    assert through(crew, 2) == list(range(20))
    assert crew.tried_alone >= 1
