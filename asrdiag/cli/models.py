"""`asrdiag models import NAME`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .arguments import SubParsers
from .output import out

if TYPE_CHECKING:
    from ..checkpoints.folder import Imported


def add_parser(verbs: SubParsers) -> None:
    parser = verbs.add_parser(
        "models",
        help="make checkpoints that transformers and peft load",
        description="Makes folders that transformers and peft load.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    action = actions.add_parser(
        "import",
        help="from a checkpoint in another form",
        description="Writes a folder for transformers or peft from a checkpoint in another form. Needs the "
        "extra: pip install 'asrdiag[transformers]'.",
    )
    names = action.add_subparsers(title="checkpoints", metavar="NAME", required=True)
    _add_moonshine_tiny(names)
    _add_qwen3_asr(names)
    _add_mega_asr(names)
    _add_mega_asr_router(names)


def _add_moonshine_tiny(names: SubParsers) -> None:
    parser = names.add_parser(
        "moonshine-tiny",
        help="the packaged Moonshine Tiny (English)",
        description="Writes the Moonshine Tiny that comes with asrdiag as a transformers checkpoint.",
    )
    _add_out(parser)
    parser.add_argument(
        "--dtype", choices=("float32", "float16"), default="float32", help="of the weights (default: float32)"
    )
    parser.set_defaults(handler=_moonshine_tiny)


def _add_qwen3_asr(names: SubParsers) -> None:
    parser = names.add_parser(
        "qwen3-asr",
        help="an original Qwen3-ASR (thinker.*)",
        description="Writes an original Qwen3-ASR checkpoint under transformers' names.",
    )
    parser.add_argument("source", type=Path, metavar="SRC", help="the original checkpoint's folder")
    _add_out(parser)
    parser.set_defaults(handler=_qwen3_asr)


def _add_mega_asr(names: SubParsers) -> None:
    parser = names.add_parser(
        "mega-asr",
        help="the adapter of Mega-ASR's release",
        description="Writes the adapter of Mega-ASR's release for peft and transformers' Qwen3-ASR.",
    )
    parser.add_argument("source", type=Path, metavar="SRC", help="the release's folder, or the adapter's")
    _add_out(parser)
    parser.add_argument(
        "--base", type=Path, metavar="DIR", help="Qwen3-ASR as transformers has it, to look the modules up in"
    )
    parser.set_defaults(handler=_mega_asr)


def _add_mega_asr_router(names: SubParsers) -> None:
    parser = names.add_parser(
        "mega-asr-router",
        help="the router of Mega-ASR's release",
        description="Writes the router of Mega-ASR's release as one that `router:` of a system takes.",
    )
    parser.add_argument("source", type=Path, metavar="SRC", help="the release's folder, or the router's")
    _add_out(parser)
    parser.set_defaults(handler=_mega_asr_router)


def _add_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="the new folder")


def _moonshine_tiny(options: argparse.Namespace) -> int:
    from ..checkpoints.moonshine_tiny import import_moonshine_tiny

    return _report(import_moonshine_tiny(options.out, options.dtype))


def _qwen3_asr(options: argparse.Namespace) -> int:
    from ..checkpoints.qwen3_asr import import_qwen3_asr

    return _report(import_qwen3_asr(options.source, options.out))


def _mega_asr(options: argparse.Namespace) -> int:
    from ..checkpoints.mega_asr import import_mega_asr

    return _report(import_mega_asr(options.source, options.out, options.base))


def _mega_asr_router(options: argparse.Namespace) -> int:
    from ..checkpoints.mega_asr_router import import_mega_asr_router

    return _report(import_mega_asr_router(options.source, options.out))


def _report(imported: "Imported") -> int:
    out(f"{imported.folder}: {imported.n_tensors} tensors, {imported.n_parameters:,} numbers")
    for note in imported.notes:
        out(f"note: {note}")
    return 0
