"""A machine with a project and stand-ins for Python and uv, on which the script `dev` is tried."""

import shutil
import subprocess
from pathlib import Path

from tests.services.programs import ROOT

# What the script may use of a machine, apart from a Python.
TOOLS = ["cat", "cksum", "cp", "cut", "date", "dirname", "head"]
TOOLS += ["mkdir", "readlink", "rm", "sed", "sh", "sleep", "tail"]

# A Python that keeps a log of its calls, makes environments of copies of itself, and installs uv.
PYTHON = r"""#!/bin/sh
case "$1 $2" in
    "-c import sys; sys.exit"*) exit "${OLD:-0}" ;;
    "-c "*) exit "${BARE:-0}" ;;
    "-IS -c") echo "${VERSION:-3.11}" ;;
    "--version ") echo "Python 3.11.9" ;;
    "-m venv")
        echo "venv" >>"$LOG"
        mkdir -p "$3/bin" "$3/lib/python3.11/site-packages"
        cp "$0" "$3/bin/python" ;;
    "-m pip")
        [ -z "${PIP_FAILS:-}" ] || { echo "$PIP_FAILS"; exit 1; }
        [ "$3" = --version ] || { echo "uv" >>"$LOG"; cp "$UV" "$(dirname "$0")/uv"; } ;;
    "-m local.cli") shift 2; printf '%s|' "$PWD" "$@"; echo "$$" ;;
esac
"""

UV = r"""#!/bin/sh
[ "$1" != --version ] || { echo "uv 0.13.8 (whatever)"; exit; }
for last; do :; done
echo "begin ${last##*/}" >>"$LOG"
sleep "${PAUSE:-0}"
[ -z "${UV_FAILS:-}" ] || { echo "$UV_FAILS"; exit 1; }
echo "end ${last##*/}" >>"$LOG"
"""


def program(file: Path, text: str) -> Path:
    file.write_text(text)
    file.chmod(0o755)
    return file


class Machine:
    """A machine with a project at a path with a space, and nothing on its PATH but `TOOLS`."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "a project"
        self.path = folder / "bin"
        self.log = folder / "log"
        (self.project / "requirements").mkdir(parents=True)
        for each in ("run", "check"):
            self.lock(each, "one==1")
        shutil.copy(ROOT / "dev", self.project / "dev")
        self.path.mkdir()
        for each in [*TOOLS, "flock"]:
            found = shutil.which(each)
            if found:
                (self.path / each).symlink_to(found)
        program(self.path / "python3.11", PYTHON)
        self.environment = {
            "PATH": str(self.path),
            "LOG": str(self.log),
            "UV": str(program(folder / "uv", UV)),
        }

    def lock(self, name: str, text: str) -> None:
        (self.project / "requirements" / f"{name}.lock").write_text(text)

    def begin(self, *words: str, **variables: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [str(self.project / "dev"), *words],
            env={**self.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
        )

    def dev(self, *words: str, **variables: str) -> "Finished":
        return finish(self.begin(*words, **variables))

    @property
    def done(self) -> list[str]:
        """What was installed since the last time this was asked."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines


class Finished:
    def __init__(self, code: int, out: str, said: str, process: int) -> None:
        self.code, self.out, self.said, self.process = code, out, said, process


def finish(running: "subprocess.Popen[str]") -> Finished:
    out, said = running.communicate(timeout=30)
    return Finished(running.returncode, out, said, running.pid)
