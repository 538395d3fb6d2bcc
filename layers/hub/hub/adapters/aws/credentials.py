"""Credentials of a container's task role, which its agent hands out and renews."""

import json
import urllib.request
from datetime import datetime, timedelta

from hub.adapters.aws.signed import Credentials
from hub.application.ports.system import Clock
from hub.domain.kernel import UnavailableError

_AGENT = "http://169.254.170.2"
_RENEW_BEFORE = timedelta(minutes=5)


class ContainerCredentials:
    """Fetched when first asked for, and again shortly before they end."""

    def __init__(self, path: str, clock: Clock) -> None:
        self._url = _AGENT + path
        self._clock = clock
        self._kept: Credentials | None = None
        self._until: datetime | None = None

    def __call__(self) -> Credentials:
        now = self._clock.now()
        if self._kept is None or self._until is None or now > self._until - _RENEW_BEFORE:
            self._kept, self._until = self._fetch()
        return self._kept

    def _fetch(self) -> tuple[Credentials, datetime]:
        try:
            with urllib.request.urlopen(self._url, timeout=2) as answer:  # noqa: S310  # fixed host
                given = json.load(answer)
        except (OSError, ValueError) as error:
            raise UnavailableError("the task's credentials are out of reach") from error
        kept = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["Token"])
        return kept, datetime.fromisoformat(given["Expiration"])
