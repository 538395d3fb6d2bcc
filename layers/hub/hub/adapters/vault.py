"""Values sealed by AES-256-GCM under keys of customers, which lie wrapped on a shelf.

The shelf is no part of the database: a copy of the database, however old, opens with the keys that
are on the shelf today.
"""

import hmac
import json
import os
from base64 import b64decode, b64encode
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.application.ports.objects import Stored
from hub.application.ports.system import Clock
from hub.application.ports.vault import BrokenSealError, Field
from hub.domain.kernel import CustomerId, UnauthenticatedError

# Of a customer's key and of the form of what it seals; the first byte of each sealed value.
_VERSION = 1
_NONCE_BYTES = 12
_HEAD = 1 + _NONCE_BYTES
# So long, and so many, keys stay open in the memory of a process.
KEPT_FOR = timedelta(minutes=5)
MOST_KEPT = 1000


class WrappedKey(NamedTuple):
    """`master` names the key that wraps it."""

    master: str
    wrapped: bytes


class Masters(Protocol):
    """Keys that wrap keys, each for its customer alone. Raises UnavailableError."""

    @property
    def current(self) -> str: ...

    def new_key(self, customer_id: CustomerId) -> tuple[bytes, WrappedKey]: ...

    def wrap(self, key: bytes, customer_id: CustomerId) -> WrappedKey: ...

    def unwrap(self, wrapped: WrappedKey, customer_id: CustomerId) -> bytes: ...


class Shelf(Protocol):
    """Raises UnavailableError wherever it does not answer."""

    def put_new(self, key: str, content: bytes) -> bool: ...

    def look(self, key: str) -> Stored | None: ...

    def replace(self, key: str, content: bytes, tag: str) -> bool:
        """False where what has this tag is not there any more."""

    def delete(self, key: str) -> None: ...


class CustomerSeal:
    def __init__(self, customer_id: CustomerId, key: bytes) -> None:
        self._customer_id = customer_id
        self._cipher = AESGCM(key)
        self._marking = hmac.digest(key, b"marks", "sha256")

    def close(self, field: Field, value: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, value, self._place(field))
        return bytes([_VERSION]) + nonce + sealed

    def mark(self, what: str, value: bytes) -> bytes:
        return hmac.digest(self._marking, what.encode() + b"\0" + value, "sha256")

    def open(self, field: Field, sealed: bytes) -> bytes:
        sealed = bytes(sealed)
        version, nonce, text = sealed[:1], sealed[1:_HEAD], sealed[_HEAD:]
        broken = BrokenSealError(f"{field.table}.{field.column} does not open")
        if version != bytes([_VERSION]):
            raise broken
        try:
            return self._cipher.decrypt(nonce, text, self._place(field))
        except (InvalidTag, ValueError) as error:
            raise broken from error

    def _place(self, field: Field) -> bytes:
        return json.dumps([_VERSION, self._customer_id, *field]).encode()


class ShelvedKeys:
    """The customers' keys: made, opened, wrapped anew, destroyed."""

    def __init__(self, masters: Masters, shelf: Shelf, clock: Clock) -> None:
        self._masters = masters
        self._shelf = shelf
        self._clock = clock
        self._kept: OrderedDict[CustomerId, tuple[datetime, CustomerSeal]] = OrderedDict()

    @property
    def master(self) -> str:
        return self._masters.current

    def make(self, customer_id: CustomerId) -> str:
        key, wrapped = self._masters.new_key(customer_id)
        if self._shelf.put_new(_name(customer_id), _record(wrapped)):
            self._keep(customer_id, key)
        return wrapped.master

    def of(self, customer_id: CustomerId) -> CustomerSeal:
        kept = self._kept.get(customer_id)
        if kept is not None and self._clock.now() < kept[0]:
            return kept[1]
        shelved = self._shelf.look(_name(customer_id))
        if shelved is None:
            raise UnauthenticatedError("the token's customer is gone")
        key = self._masters.unwrap(_wrapped(shelved.content), customer_id)
        return self._keep(customer_id, key)

    def rewrap(self, customer_id: CustomerId) -> None:
        shelved = self._shelf.look(_name(customer_id))
        if shelved is None:
            return
        wrapped = _wrapped(shelved.content)
        if wrapped.master == self.master:
            return
        key = self._masters.unwrap(wrapped, customer_id)
        anew = _record(self._masters.wrap(key, customer_id))
        # Whoever was faster destroyed it, or wrapped it as well: either stays as it is.
        self._shelf.replace(_name(customer_id), anew, shelved.tag)

    def shred(self, customer_id: CustomerId) -> None:
        self._kept.pop(customer_id, None)
        self._shelf.delete(_name(customer_id))

    def _keep(self, customer_id: CustomerId, key: bytes) -> CustomerSeal:
        seal = CustomerSeal(customer_id, key)
        self._kept[customer_id] = (self._clock.now() + KEPT_FOR, seal)
        self._kept.move_to_end(customer_id)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return seal


def _name(customer_id: CustomerId) -> str:
    return f"customers/{customer_id}"


def _record(key: WrappedKey) -> bytes:
    return json.dumps({"master": key.master, "wrapped": b64encode(key.wrapped).decode()}).encode()


def _wrapped(content: bytes) -> WrappedKey:
    record = json.loads(content)
    return WrappedKey(record["master"], b64decode(record["wrapped"]))
