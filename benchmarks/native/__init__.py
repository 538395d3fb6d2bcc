"""Programs in C, compiled when a benchmark needs them."""

import subprocess
from pathlib import Path
from shutil import which

from local.options import ROOT
from local.services.errors import StartError

_SOURCES = Path(__file__).parent
_BUILT = ROOT / "out" / "bench" / "native"


def program(name: str) -> Path:
    """The program of `name`.c, as it stands now. Raises StartError."""
    source, built = _SOURCES / f"{name}.c", _BUILT / name
    if built.exists() and built.stat().st_mtime >= source.stat().st_mtime:
        return built
    if which("gcc") is None:
        raise StartError("the load of this benchmark is written in C", "apt install gcc")
    _BUILT.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-O2", "-o", str(built), str(source)], check=True)
    return built
