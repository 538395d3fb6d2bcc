"""The stream task as a lane: its server, and what its clients say, each with its own token."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from benchmarks.stream_lanes import Server, Speech, python, running
from hub.adapters.tokens import RsaTokens, SigningKey
from hub.domain.kernel import CustomerId

# A customer may have twenty streams.
_STREAMS = 20
_UPGRADE = """GET /stream HTTP/1.1
Host: 127.0.0.1
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
Authorization: Bearer %TOKEN%"""
_EVENTS = """GET /stream/events?symbols=%SYMBOLS% HTTP/1.1
Host: 127.0.0.1
Authorization: Bearer %TOKEN%"""
_SUBSCRIBE = '{"action":"subscribe","symbols":[%LIST%]}'


class Keys:
    """Keys of the benchmark's own, and tokens that are signed with them."""

    def __init__(self) -> None:
        key = generate_private_key(65537, 2048)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self.public = {"bench": public.decode()}
        self._tokens = RsaTokens(self.public, lambda: SigningKey("bench", private))

    def tokens(self, count: int) -> Sequence[str]:
        """One for each client: who comes back after a restart is not known yet."""
        now = datetime.now(UTC)
        return [
            self._tokens.issue(CustomerId(f"c-{n // _STREAMS}"), f"s-{n}", "customer", now)
            for n in range(count)
        ]


@contextmanager
def hub(keys: Keys) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "keys.json"
        file.write_text(json.dumps(keys.public))
        with running(python("benchmarks.stream_served", str(file)), "hub") as server:
            yield server


def websocket(tokens: Sequence[str]) -> Speech:
    """Known by its header; then two answers come before the first update."""
    return Speech("ws", _UPGRADE, _SUBSCRIBE, ready_frames=2, tokens=tokens)


def server_sent(tokens: Sequence[str]) -> Speech:
    return Speech("sse", _EVENTS, tokens=tokens)
