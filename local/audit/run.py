"""`./dev audit [--offline]`: 0 when everything was looked at and nothing was found."""

from collections.abc import Iterator, Sequence

from local.audit.advisories import look_at_advisories
from local.audit.findings import Look
from local.audit.locks import look_at_locks, read_pins
from local.audit.secrets import look_for_secrets
from local.options import ROOT
from local.progress import say
from local.services.errors import StartError

_LOCKS = [ROOT / "requirements" / name for name in ("run.lock", "check.lock")]


def audit(words: Sequence[str]) -> int:
    """Raises StartError for words that are none."""
    if list(words) not in ([], ["--offline"]):
        raise StartError("audit has one option, --offline", "./dev audit")
    looks = list(_looks(offline=bool(words)))
    for look in looks:
        say(f"  {look.looked_at:6d} {look.what}: {len(look.findings)} findings")
        for finding in look.findings:
            say(f"         {finding}")
    if words:
        say("  Advisories were not asked for (--offline).")
    return 0 if all(look.passed for look in looks) else 1


def _looks(*, offline: bool) -> Iterator[Look]:
    yield look_at_locks(_LOCKS)
    yield look_for_secrets(ROOT)
    if not offline:
        # The second lock holds all that is in the first.
        yield look_at_advisories(read_pins(_LOCKS[-1]))
