"""Exchange a refresh token for the next pair. It works once: a second time ends its session."""

import logging
from dataclasses import dataclass

from hub.application.identity.login import LoggedIn
from hub.application.ports.identity import Rotation, Sessions, Tokens
from hub.application.ports.system import Clock, Secrets
from hub.domain.identity.scopes import scope_of
from hub.domain.identity.sessions import IDLE, token_hash
from hub.domain.kernel import UnauthenticatedError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    sessions: Sessions
    tokens: Tokens
    clock: Clock
    secrets: Secrets

    def __call__(self, refresh_token: str) -> LoggedIn:
        """Raises UnauthenticatedError, the same for every token that is not good."""
        now, fresh = self.clock.now(), self.secrets.token()
        rotated = self.sessions.rotate(
            Rotation(token_hash(refresh_token), token_hash(fresh), now, now - IDLE)
        )
        if rotated is None or rotated.reused:
            if rotated:
                logger.warning("refresh token used twice: session %s ended", rotated.session_id)
            raise UnauthenticatedError("the refresh token is not valid", code="bad_refresh_token")
        scope = scope_of(admin=rotated.admin)
        access = self.tokens.issue(rotated.customer_id, rotated.session_id, scope, now)
        return LoggedIn(access, fresh, int(self.tokens.life.total_seconds()))
