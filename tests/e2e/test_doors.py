"""What opens the doors of a running platform, and what does not: one table, at every door.

The tokens are signed with the platform's own key, so that each is wrong in one thing alone.
"""

import hashlib
import hmac
import http.client
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from hub.adapters.tokens import ALGORITHM, AUDIENCE, TYPE
from local.keys import FILE, token_keys
from stream.gen import market_data_pb2 as messages
from stream.gen.market_data_pb2_grpc import MarketDataStub
from tests.e2e.platforms import Answer, Customer, Platform
from tests.services.processes import wait_until

PATIENCE = 60.0
SOMEBODY_ELSES = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Keyring(NamedTuple):
    """The platform's signing key, and somebody who may come in."""

    kid: str
    private: str
    public: str
    customer: Customer

    def token(self, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """Signed for real, whatever stands in it; None leaves a claim out."""
        now = int(datetime.now(UTC).timestamp())
        good = jwt.decode(self.customer.token, options={"verify_signature": False})
        given = {**good, "iat": now, "nbf": now, "exp": now + 600, **claims}
        stated = {name: value for name, value in given.items() if value is not None}
        headers = {"kid": self.kid, "typ": TYPE, **(header or {})}
        return jwt.encode(stated, self.private, algorithm=ALGORITHM, headers=headers)

    def unsigned(self, algorithm: str, signature: bytes = b"") -> str:
        _, payload, _ = self.token().split(".")
        return f"{self._head(algorithm)}.{payload}.{encoded(signature)}"

    def with_public_key_as_secret(self) -> str:
        _, payload, _ = self.token().split(".")
        text = f"{self._head('HS256')}.{payload}"
        digest = hmac.new(self.public.encode(), text.encode(), hashlib.sha256).digest()
        return f"{text}.{encoded(digest)}"

    def signed_by_another(self) -> str:
        claims = jwt.decode(self.token(), options={"verify_signature": False})
        headers = {"kid": self.kid, "typ": TYPE}
        return jwt.encode(claims, SOMEBODY_ELSES, algorithm=ALGORITHM, headers=headers)

    def tampered(self, part: int) -> str:
        pieces = self.token().split(".")
        middle = len(pieces[part]) // 2
        letter = "A" if pieces[part][middle] != "A" else "B"
        pieces[part] = pieces[part][:middle] + letter + pieces[part][middle + 1 :]
        return ".".join(pieces)

    def key(self, scope: str = "read") -> Answer:
        path = f"/accounts/{self.customer.account_id}/keys"
        return self.customer.post(path, {"name": "robot", "scope": scope})

    def revoked_key(self) -> str:
        made = self.key().body
        path = f"/accounts/{self.customer.account_id}/keys/{made['key_id']}"
        assert self.customer.ask("DELETE", path).status == 200
        return str(made["key"])

    def _head(self, algorithm: str) -> str:
        return encoded(json.dumps({"alg": algorithm, "kid": self.kid, "typ": TYPE}).encode())


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def seconds(more: int) -> int:
    return int(datetime.now(UTC).timestamp()) + more


NO_ENTRY: Mapping[str, Callable[[Keyring], str]] = {
    "no credential": lambda _: "",
    "no token": lambda _: "abc",
    "alg none": lambda ours: ours.unsigned("none"),
    "alg None in capitals": lambda ours: ours.unsigned("NONE"),
    "HS256 with the public key as secret": lambda ours: ours.with_public_key_as_secret(),
    "another's signature": lambda ours: ours.signed_by_another(),
    "no signature": lambda ours: ours.unsigned(ALGORITHM),
    "unknown kid": lambda ours: ours.token({"kid": "elsewhere-1"}),
    "a kid that is a path": lambda ours: ours.token({"kid": "../../dev/null"}),
    "no access token": lambda ours: ours.token({"typ": "JWT"}),
    "wrong iss": lambda ours: ours.token(iss="https://elsewhere.example"),
    "wrong aud": lambda ours: ours.token(aud="elsewhere"),
    "aud among others": lambda ours: ours.token(aud=[AUDIENCE, "elsewhere"]),
    "no exp": lambda ours: ours.token(exp=None),
    "expired": lambda ours: ours.token(exp=seconds(-1)),
    "not yet valid": lambda ours: ours.token(nbf=seconds(86_400), exp=seconds(90_000)),
    "tampered claims": lambda ours: ours.tampered(1),
    "a tampered signature": lambda ours: ours.tampered(2),
    "a key that nobody has": lambda _: "hk_" + "a" * 43,
    "a revoked key": lambda ours: ours.revoked_key(),
}
ENTRY: Mapping[str, Callable[[Keyring], str]] = {
    "a log-in's token": lambda ours: ours.customer.token,
    "a token like the wrong ones": lambda ours: ours.token(),
    "a key that reads": lambda ours: str(ours.key("read").body["key"]),
    "a key that trades": lambda ours: str(ours.key("trade").body["key"]),
}


@pytest.fixture(scope="module")
def ours(platform: Platform) -> Keyring:
    keys = token_keys(platform.folder / FILE)
    signing, verifying = json.loads(keys.signing), json.loads(keys.verifying)
    customer = Customer(platform.api_port)
    kid = signing["kid"]
    return Keyring(kid, signing["private_key"], verifying[kid], customer)


@pytest.fixture(scope="module")
def stub(platform: Platform) -> Iterator[Any]:
    with grpc.insecure_channel(f"127.0.0.1:{platform.grpc_port}") as channel:
        yield MarketDataStub(channel)


class Doors:
    """What each door says to a credential: nothing but `in`, or its own form of no."""

    def __init__(self, platform: Platform, stub: Any) -> None:
        self._platform = platform
        self._stub = stub

    def say(self, credential: str) -> dict[str, Any]:
        return {
            "REST": self.rest(credential),
            "WebSocket, header": self.websocket(self._platform.stream_port, credential),
            "WebSocket, message": self.first_message(credential),
            "SSE": self.sse(credential),
            "gRPC": self.call(credential),
            "gRPC stream": self.stream(credential),
            "account stream": self.websocket(self._platform.websocket_port, credential, ""),
        }

    def rest(self, credential: str) -> Any:
        status, problem = _get(self._platform.api_port, "/api/v1/orders", credential)
        return "in" if status == 200 else (status, json.loads(problem)["code"])

    def sse(self, credential: str) -> Any:
        path = "/stream/events?symbols=AAPL"
        status, problem = _get(self._platform.stream_port, path, credential)
        return "in" if status == 200 else (status, json.loads(problem)["code"])

    def websocket(self, port: int, credential: str, path: str = "/stream") -> Any:
        try:
            with connect(f"ws://127.0.0.1:{port}{path}", additional_headers=_header(credential)):
                return "in"
        except InvalidStatus as refused:
            return refused.response.status_code

    def first_message(self, credential: str) -> Any:
        with connect(f"ws://127.0.0.1:{self._platform.stream_port}/stream") as stream:
            stream.send(json.dumps({"action": "auth", "token": credential}))
            told = json.loads(stream.recv(PATIENCE))
            return "in" if told["type"] == "authenticated" else (told["code"], _close(stream))

    def call(self, credential: str) -> Any:
        request = messages.GetMarketDataRequest(symbols=["AAPL"])
        return _refusal(
            lambda: self._stub.GetMarketData(
                request, metadata=_metadata(credential), timeout=PATIENCE
            )
        )

    def stream(self, credential: str) -> Any:
        topics = messages.Topics(symbols=["AAPL"])
        request = messages.StreamMarketDataRequest(topics=topics)
        call = self._stub.StreamMarketData(
            request, metadata=_metadata(credential), timeout=PATIENCE
        )
        try:
            return _refusal(lambda: next(call))
        finally:
            call.cancel()


@pytest.fixture(scope="module")
def doors(platform: Platform, stub: Any) -> Doors:
    return Doors(platform, stub)


@pytest.mark.parametrize("what", ENTRY)
def test_who_may_come_in_comes_in_at_every_door(what: str, ours: Keyring, doors: Doors):
    assert set(doors.say(ENTRY[what](ours)).values()) == {"in"}


@pytest.mark.parametrize("what", NO_ENTRY)
def test_who_may_not_is_told_so_in_the_words_of_each_door(what: str, ours: Keyring, doors: Doors):
    credential = NO_ENTRY[what](ours)
    found = doors.say(credential)
    codes = {found["SSE"][1], found["gRPC"][1]}
    assert len(codes) == 1
    assert codes <= {"bad_token", "bad_key", "unauthenticated"}
    assert found == {
        "REST": (401, "no_token"),
        # Without a header the WebSocket waits for the first message.
        "WebSocket, header": 401 if credential else "in",
        "WebSocket, message": ("unauthenticated", 4401),
        "SSE": (401, *codes),
        "gRPC": ("UNAUTHENTICATED", *codes),
        "gRPC stream": ("UNAUTHENTICATED", *codes),
        "account stream": 401,
    }


def test_who_is_known_and_may_read_nothing_is_told_that(ours: Keyring, doors: Doors):
    assert doors.say(ours.token(scope="nothing")) == {
        "REST": (403, "scope"),
        "WebSocket, header": 403,
        "WebSocket, message": ("scope", 4403),
        "SSE": (403, "scope"),
        "gRPC": ("PERMISSION_DENIED", "scope"),
        "gRPC stream": ("PERMISSION_DENIED", "scope"),
        "account stream": 403,
    }


def test_a_key_that_only_reads_orders_nothing(ours: Keyring, platform: Platform):
    program = ours.customer
    key = ours.key("read").body["key"]
    order = {"symbol": "AAPL", "side": "buy", "type": "market", "quantity": "1"}
    answer = program.ask("POST", "/orders", order, Authorization=f"Bearer {key}")
    assert (answer.status, answer.body["code"]) == (403, "scope")


def test_when_a_key_is_revoked_what_is_open_by_it_ends(
    ours: Keyring, platform: Platform, stub: Any
):
    made = ours.key().body
    url = f"ws://127.0.0.1:{platform.stream_port}/stream"
    call = stub.Subscribe(iter(()), metadata=_metadata(made["key"]))
    with connect(url, additional_headers=_header(made["key"])) as stream:
        assert json.loads(stream.recv(PATIENCE))["type"] == "authenticated"
        path = f"/accounts/{ours.customer.account_id}/keys/{made['key_id']}"
        assert ours.customer.ask("DELETE", path).status == 200
        told = json.loads(stream.recv(PATIENCE))
        assert (told["code"], _close(stream)) == ("key_ended", 4401)
    wait_until(call.done, PATIENCE)
    assert call.code() is grpc.StatusCode.UNAUTHENTICATED
    assert _hub_code(call) == "key_ended"


def _get(port: int, path: str, credential: str) -> tuple[int, bytes]:
    """Of a stream, its beginning."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        line.request("GET", path, headers=_header(credential))
        answer = line.getresponse()
        return answer.status, b"" if answer.status == 200 else answer.read()
    finally:
        line.close()


def _header(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"} if credential else {}


def _metadata(credential: str) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {credential}")] if credential else []


def _refusal(ask: Callable[[], object]) -> Any:
    try:
        ask()
    except grpc.RpcError as error:
        return error.code().name, _hub_code(error)
    return "in"


def _hub_code(call: Any) -> str:
    return str(next(value for name, value in call.trailing_metadata() if name == "hub-code"))


def _close(stream: ClientConnection) -> int | None:
    with pytest.raises(ConnectionClosed):
        stream.recv(PATIENCE)
    return stream.close_code
