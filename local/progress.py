"""Tells a person at a terminal what is going on, one line per step."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic


def say(text: str = "") -> None:
    """Print, unless nobody is there to read any more."""
    try:
        print(text, flush=True)
    except (BrokenPipeError, OSError):
        sys.stdout = open("/dev/null", "w")  # noqa: PTH123, SIM115  # nobody reads from here on


@contextmanager
def step(words: str) -> Iterator[None]:
    """`words ... 0.6 s`, the seconds when it is done."""
    began = monotonic()
    try:
        print(f"  {words} ", end="", flush=True)
    except OSError:
        sys.stdout = open("/dev/null", "w")  # noqa: PTH123, SIM115  # nobody reads from here on
    dots = "." * max(3, 44 - len(words))
    try:
        yield
    except BaseException:
        say(f"{dots} failed")
        raise
    say(f"{dots} {monotonic() - began:.1f} s")
