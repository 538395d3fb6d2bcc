"""What a look at something brought: how much was looked at, and what was wrong there."""

from collections.abc import Sequence
from typing import NamedTuple


class Look(NamedTuple):
    """`looked_at` of 0 is a failure of its own: a look at nothing finds nothing."""

    what: str
    looked_at: int
    findings: Sequence[str]

    @property
    def passed(self) -> bool:
        return self.looked_at > 0 and not self.findings
