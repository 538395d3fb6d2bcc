"""Files that their owner alone may read."""

import os
from pathlib import Path


def write_secret(file: Path, text: str) -> None:
    """Whole or not at all, and readable by its owner alone."""
    half = file.with_name(file.name + ".new")
    half.unlink(missing_ok=True)
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
    half.replace(file)
