"""`asrdiag explore [RUN...]`."""

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import closing
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from ..errors import UsageError
from .arguments import SubParsers, counting
from .output import complain, out

_PORT = 8501
_TRIED = 50


def add_parser(verbs: SubParsers) -> None:
    parser = verbs.add_parser(
        "explore",
        help="look at runs in the browser: hear the cases, see the errors",
        description="Opens the error explorer in the browser, from this machine only. Without RUN it is the "
        "newest run in ./runs; where there is none, a small one of embedded speech is made first.",
    )
    parser.add_argument("runs", metavar="RUN", type=Path, nargs="*", help="run directories, side by side")
    parser.add_argument(
        "--port", type=counting, metavar="N", help=f"the port (default: the first free one from {_PORT} up)"
    )
    parser.add_argument(
        "--rollouts",
        metavar="FILE",
        type=Path,
        nargs="+",
        default=[],
        help="rollout logs for the page Rollouts, or folders of them, in our form or a trainer's own",
    )
    parser.add_argument("--headless", action="store_true", help="serve only, open no browser")
    parser.set_defaults(handler=run)


def run(options: argparse.Namespace) -> int:
    """Become the explorer's server; returns only where there is nothing to show."""
    if find_spec("streamlit") is None:
        raise UsageError("the explorer needs Streamlit: pip install 'asrdiag[app]'")
    runs: list[Path] = options.runs
    for path in runs:
        if not path.is_dir():
            raise UsageError(f"{path}: no such folder; expected a run directory")
    logs: list[Path] = options.rollouts
    if logs:
        from ..rollouts.reading import find_logs

        find_logs(logs)  # what is no log is refused here, not in the browser
    if not runs and not logs and not any(Path("runs").glob("*/run.json")):
        runs = [_demo_run()]
    port = options.port or _free_port()
    out(f"explorer: http://127.0.0.1:{port}  (Ctrl+C ends it)")
    words = command(runs, port, headless=options.headless, logs=logs)
    # The server takes the place of this process, so that signals and the exit status are its own.
    os.execv(sys.executable, words)  # noqa: S606  (no shell is meant)


def command(runs: list[Path], port: int, *, headless: bool, logs: Sequence[Path] = ()) -> list[str]:
    """The command that serves the explorer; its settings win over a user's own settings of Streamlit."""
    settings = {
        "server.address": "127.0.0.1",
        "server.port": str(port),
        "server.headless": str(headless).lower(),
        "server.fileWatcherType": "none",
        "server.showEmailPrompt": "false",
        "server.enableCORS": "true",
        "server.enableXsrfProtection": "true",
        "browser.gatherUsageStats": "false",
    }
    main = str(files("asrdiag.app") / "main.py")
    flags = [f"--{name}={value}" for name, value in settings.items()]
    flags += [f"--server.allowedHosts={host}" for host in ("127.0.0.1", "localhost")]
    named = [*map(str, runs), *(["--rollouts", *map(str, logs)] if logs else [])]
    # -P: what lies in the folder that one is in is not imported.
    return [sys.executable, "-P", "-m", "streamlit", "run", main, *flags, "--", *named]


def _free_port() -> int:
    for port in range(_PORT, _PORT + _TRIED):
        with closing(socket.socket()) as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise UsageError(f"no port from {_PORT} to {_PORT + _TRIED - 1} is free; choose another with --port")


def _demo_run() -> Path:
    """A small run of embedded speech, kept where things are that can be made again."""
    from ..store.cache import cache_folder
    from .main import main

    folder = cache_folder("demo-run") or Path("runs")
    complain(
        "asrdiag: no run in ./runs; making a small one of embedded speech, which takes about a minute "
        "(`asrdiag run quickstart` makes a whole one)"
    )
    status = main(["run", str(files("asrdiag.app") / "demo.yaml"), "--out", str(folder / "demo")])
    if status:
        raise UsageError(f"the demo run could not be made (exit status {status}); name a RUN")
    return folder / "demo"
