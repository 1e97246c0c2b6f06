"""Calls the reward from each trainer's own code, in an environment made for it.

    python tests/metrics/rewards/real_trainers/run.py trl
    python tests/metrics/rewards/real_trainers/run.py verl swift openrlhf nemo_rl

An environment lies in a temporary folder, or in `--keep FOLDER`, and sees the packages of the Python that
runs this: asrdiag with the extra `all`, of which the trainers use torch and accelerate. TRL comes from PyPI
with its dependencies. Those of the others are for GPUs: they come without, beside the packages that they
import on the way to a reward, in versions that they allow. Each test says at its top what is replaced.
"""

import argparse
import site
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[3]

PACKAGES = {
    "trl": ["trl==1.16.0"],
    "verl": [
        *("aiohttp", "codetiming", "hydra-core==1.3.2", "ray==2.55.0", "tensordict==0.10.0"),
        "transformers==5.10.2",
    ],
    "swift": [
        "dacite",
        "datasets<4.8.5",
        "json_repair",
        "modelscope",
        "pillow",
        "peft<0.21",
        "transformers==5.19.0",
    ],
    "openrlhf": ["aiohttp", "pylatexenc", "transformers==5.15.0"],
    "nemo_rl": ["ray==2.55.0"],
}
"""What is installed with its dependencies: what a trainer's code imports, in the versions that it pins."""

TRAINERS = {
    "trl": [],
    "verl": ["verl==0.9.1"],
    "swift": ["ms-swift==4.6.0"],
    "openrlhf": ["openrlhf==0.11.2"],
    "nemo_rl": [],
}
"""What is installed without dependencies."""


def make_environment(folder: Path) -> Path:
    """A virtual environment that sees the packages of this one; returns its Python."""
    venv.create(folder, with_pip=False, symlinks=True)
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "parent.pth").write_text(
        "".join(f"import site; site.addsitedir({path!r})\n" for path in site.getsitepackages())
    )
    return folder / "bin" / "python"


def install(python: Path, trainer: str) -> None:
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--prefer-binary"]
    for packages, options in ((PACKAGES[trainer], []), (TRAINERS[trainer], ["--no-deps"])):
        if packages:
            subprocess.run([*pip, *options, *packages], check=True)


def run(trainer: str, folder: Path) -> int:
    python = make_environment(folder)
    install(python, trainer)
    test = FOLDER / f"test_real_{trainer}.py"
    command = [str(python), "-m", "pytest", "-p", "no:cacheprovider", "-W", "default", "-q", "-rA", str(test)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("trainers", nargs="+", choices=[*TRAINERS])
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the environments here")
    chosen = parser.parse_args()
    worst = 0
    for trainer in chosen.trainers:
        with tempfile.TemporaryDirectory() as temporary:
            folder = (chosen.keep or Path(temporary)) / trainer
            worst = max(worst, run(trainer, folder.absolute()))
    return worst


if __name__ == "__main__":
    sys.exit(main())
