"""`./dev verify`: every invariant of the books, with its count of violations, and every anchor."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from hub.adapters.postgres.invariants import check
from hub.adapters.postgres.proofs import broken_anchors
from hub.application.operations.anchor_chains import FOLDER, anchors_in
from hub.application.ports.proofs import Head
from local.database import database
from local.objects import OBJECTS
from local.options import ROOT
from local.progress import say
from local.state import state_folder


def verify(_words: Sequence[str]) -> int:
    """0 when all hold."""
    with database() as found:
        return _report(found.url, list(anchors(state_folder(ROOT))))


def anchors(state: Path) -> Iterator[Head]:
    """What was written of the audit chains in a state folder, hour by hour."""
    for file in sorted((state / OBJECTS).glob(f"*/{FOLDER}*.csv")):
        yield from anchors_in(file.read_text(encoding="utf-8"))


def _report(url: str, written: Sequence[Head]) -> int:
    broken = 0
    for finding in check(url):
        broken += finding.violations
        _line(finding.violations, finding.invariant.name, finding.invariant.sentence)
    rewritten = len(broken_anchors(url, written))
    sentence = f"the {len(written)} ends of audit chains that were written down are in the chains"
    _line(rewritten, "anchors-stand", sentence)
    broken += rewritten
    say(f"  {broken} violations" if broken else "  All invariants hold: 0 violations.")
    return 1 if broken else 0


def _line(violations: int, name: str, sentence: str) -> None:
    say(f"  {violations:6d}  {name:28} {sentence}")
