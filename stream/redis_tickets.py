"""Tickets for streams, in Redis: for who cannot send a header, and puts no token into a URL."""

import json
from datetime import datetime
from secrets import token_urlsafe

from redis.asyncio import Redis

from hub.application.ports.identity import Identity
from stream.link import Link

TICKET_PREFIX = "stream:ticket:"
LIFE_SECONDS = 30
_LONGEST = 64


class RedisTickets:
    """Every call raises UnavailableError while Redis is away."""

    def __init__(self, redis: Redis, link: Link) -> None:
        self._redis = redis
        self._link = link

    async def issue(self, identity: Identity) -> str:
        ticket = token_urlsafe(24)
        text = json.dumps({**identity._asdict(), "expires_at": identity.expires_at.isoformat()})
        key = TICKET_PREFIX + ticket
        await self._link.attempt(lambda: self._redis.set(key, text, ex=LIFE_SECONDS))
        return ticket

    async def redeem(self, ticket: str) -> Identity | None:
        """Once: who comes second gets None."""
        if len(ticket) > _LONGEST:
            return None
        text = await self._link.attempt(lambda: self._redis.getdel(TICKET_PREFIX + ticket))
        if not text:
            return None
        kept = json.loads(text)
        return Identity(**{**kept, "expires_at": datetime.fromisoformat(kept["expires_at"])})
