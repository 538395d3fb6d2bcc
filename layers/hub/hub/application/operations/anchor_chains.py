"""Write where the audit chains stand to a store that keeps what it has.

Who may rewrite the whole database may rewrite a chain with its head; not what was written here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from hub.application.ports.objects import Objects
from hub.application.ports.proofs import AuditHeads, Head
from hub.application.ports.system import Clock
from hub.domain.kernel import AccountId

FOLDER = "audit/"
_HOUR = "%Y-%m-%dT%H"
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AnchorChains:
    """Once an hour, however often it runs: the heads that moved since the last hour's."""

    heads: AuditHeads
    objects: Objects
    clock: Clock

    def __call__(self, _trace_id: str) -> int:
        """How many heads were written. Raises UnavailableError."""
        now = self.clock.now().astimezone(UTC)
        key = f"{FOLDER}{now.strftime(_HOUR)}.csv"
        earlier = self.objects.keys(FOLDER)
        if key in earlier:
            return 0
        heads = self.heads.moved(_hour_of(earlier[-1]) if earlier else _EVER)
        if not heads or not self.objects.put_new(key, anchors_text(heads).encode()):
            return 0
        return len(heads)


def _hour_of(key: str) -> datetime:
    """When the hour of an anchor began: what moved later in it is not in the anchor."""
    text = key.removeprefix(FOLDER).removesuffix(".csv")
    return datetime.strptime(text, _HOUR).replace(tzinfo=UTC)


def anchors_text(heads: Iterable[Head]) -> str:
    return "".join(f"{each.account_id},{each.sequence},{each.hash}\n" for each in heads)


def anchors_in(text: str) -> Iterator[Head]:
    for line in text.splitlines():
        account_id, sequence, digest = line.split(",")
        yield Head(AccountId(account_id), int(sequence), digest)
