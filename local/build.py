"""`./dev build`: `sam build`, then bytecode that is valid wherever the files are unpacked.

The functions run on Lambda's Python 3.12 or 3.13: the C library beside its 3.11 is older than the
locked packages ask for. Where neither is installed, and with `--here`, the artefacts are made for
this machine and its Python instead: the same layers and functions, to be tried, not deployed.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from local.options import ROOT
from local.progress import say, step
from local.services.errors import StartError

OUTPUT = Path(".aws-sam") / "build"
_FOR_LAMBDA = ("3.13", "3.12")
_COMPILE = ("-m", "compileall", "-q", "-f", "-j", "2", "--invalidation-mode", "checked-hash")


class Target(NamedTuple):
    """What is built for: an interpreter, and a processor where it is not the template's own."""

    python: str
    version: str
    architecture: str | None

    @property
    def parameters(self) -> list[str]:
        given = [f"PythonRuntime=python{self.version}"]
        return given + ([f"Architecture={self.architecture}"] if self.architecture else [])


def build(words: Sequence[str]) -> int:
    """`--here`: for this machine. Other words go to `sam build`."""
    here = "--here" in words
    rest = [word for word in words if word != "--here"]
    target = None if here else lambda_target(os.environ)
    if target is None:
        target = this_machine()
        say(f"For this machine (Python {target.version}, {target.architecture}): to be tried, not")
        say("deployed." + ("" if here else f" For Lambda, have {_or(_FOR_LAMBDA)} on the PATH."))
    output = _output(rest)
    with step(f"sam build, Python {target.version}"):
        _sam(target, rest, here=target.architecture is not None)
    with step("bytecode"):
        compile_all(target.python, output)
    say(f"  {output}")
    return 0


def lambda_target(environment: Mapping[str, str]) -> Target | None:
    """The newest interpreter on the PATH that Lambda has too."""
    for version in _FOR_LAMBDA:
        python = shutil.which(f"python{version}", path=environment.get("PATH"))
        if python and _answers(python, version):
            return Target(python, version, None)
    return None


def this_machine() -> Target:
    processor = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
    return Target(sys.executable, f"{sys.version_info.major}.{sys.version_info.minor}", processor)


def compile_all(python: str, output: Path) -> None:
    """Compile every artefact; tracebacks then name the files as Lambda has them."""
    for artefact in sorted(path for path in output.iterdir() if path.is_dir()):
        place = "/opt" if (artefact / "python").is_dir() else "/var/task"
        _run([python, *_COMPILE, "-s", str(artefact), "-p", place, str(artefact)], {})


def _sam(target: Target, words: Sequence[str], *, here: bool) -> None:
    folders = [str(Path(sys.executable).parent), str(Path(target.python).parent)]
    environment = {
        "PATH": os.pathsep.join([*folders, os.environ.get("PATH", "")]),
        "SAM_CLI_TELEMETRY": "0",
    }
    sam = ["-m", "local.sam_here"] if here else ["-m", "samcli"]
    parameters = ["--parameter-overrides", *target.parameters]
    _run([sys.executable, *sam, "build", *parameters, *words], environment)


def _output(words: Sequence[str]) -> Path:
    for option in ("--build-dir", "-b"):
        if option in words:
            return Path(words[words.index(option) + 1])
    return ROOT / OUTPUT


def _answers(python: str, version: str) -> bool:
    """Whether it runs at all: a version manager's stand-in may only complain."""
    done = subprocess.run([python, "--version"], capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.startswith(f"Python {version}.")


def _or(versions: Sequence[str]) -> str:
    return " or ".join(f"Python {version}" for version in versions)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = "\n  ".join(done.stdout.strip().splitlines()[-15:])
        raise StartError(f"The build failed:\n  {last}", "mend what it names, then ./dev build")
