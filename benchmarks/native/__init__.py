"""Programs in C and C++, compiled when a benchmark needs them."""

import os
import subprocess
from pathlib import Path
from shutil import which

from local.options import ROOT
from local.services.errors import StartError

_SOURCES = Path(__file__).parent
_BUILT = ROOT / "out" / "bench" / "native"


def program(name: str) -> Path:
    """The program of `name`.c, as it stands now. Raises StartError."""
    return _compiled(_SOURCES / f"{name}.c", "gcc", [])


def has_package(package: str) -> bool:
    """Whether pkg-config knows the library, and there is a compiler for it."""
    if which("g++") is None or which("pkg-config") is None:
        return False
    return subprocess.run(["pkg-config", "--exists", package], check=False).returncode == 0


def linked(name: str, package: str) -> Path:
    """The program of `name`.cc with a library that `has_package` found."""
    wanted = ["pkg-config", "--cflags", "--libs", package]
    flags = subprocess.run(wanted, check=True, capture_output=True, text=True).stdout.split()
    return _compiled(_SOURCES / f"{name}.cc", "g++", flags)


def _compiled(source: Path, compiler: str, flags: list[str]) -> Path:
    built = _BUILT / source.stem
    changed = max(file.stat().st_mtime for file in _SOURCES.glob("*.[ch]*"))
    if built.exists() and built.stat().st_mtime >= changed:
        return built
    if which(compiler) is None:
        raise StartError(f"{source.name} is to be compiled", f"apt install {compiler}")
    _BUILT.mkdir(parents=True, exist_ok=True)
    # Whole or not at all: others may be compiling it, or running it.
    fresh = built.with_suffix(f".{os.getpid()}")
    subprocess.run([compiler, "-O2", "-o", str(fresh), str(source), *flags], check=True)
    return fresh.replace(built)
