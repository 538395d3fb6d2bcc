"""Keys that never leave KMS: the masters of customers' keys, and the one behind the index."""

import hmac
from base64 import b64decode, b64encode
from functools import cached_property
from hashlib import sha256
from typing import Any, Protocol

from hub.adapters.vault import WrappedKey
from hub.domain.kernel import CustomerId

# What the index's own key is derived from; another word would make another index.
_INDEX_OF_ADDRESSES = b"hub: index of e-mail addresses, 1"


class Kms(Protocol):
    def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        """Raises UnavailableError."""


class KmsMasters:
    """A wrapped key opens for its customer alone: KMS knows whose it is, and so does its log."""

    def __init__(self, kms: Kms, key_id: str) -> None:
        self._kms = kms
        self._key_id = key_id

    @property
    def current(self) -> str:
        return self._key_id

    def new_key(self, customer_id: CustomerId) -> tuple[bytes, WrappedKey]:
        asked = {"KeyId": self._key_id, "KeySpec": "AES_256", **_context(customer_id)}
        made = self._kms.call("GenerateDataKey", asked)
        return b64decode(made["Plaintext"]), self._wrapped(made)

    def wrap(self, key: bytes, customer_id: CustomerId) -> WrappedKey:
        asked = {"KeyId": self._key_id, "Plaintext": _text(key), **_context(customer_id)}
        return self._wrapped(self._kms.call("Encrypt", asked))

    def unwrap(self, wrapped: WrappedKey, customer_id: CustomerId) -> bytes:
        blob = {"KeyId": wrapped.master, "CiphertextBlob": _text(wrapped.wrapped)}
        return b64decode(self._kms.call("Decrypt", {**blob, **_context(customer_id)})["Plaintext"])

    def _wrapped(self, made: dict[str, Any]) -> WrappedKey:
        return WrappedKey(self._key_id, b64decode(made["CiphertextBlob"]))


class KmsBlindIndex:
    """HMAC-SHA256 under a key that is derived in KMS once, for the life of the process."""

    def __init__(self, kms: Kms, key_id: str) -> None:
        self._kms = kms
        self._key_id = key_id

    def of(self, email: str) -> bytes:
        return hmac.digest(self._key, email.encode(), sha256)

    @cached_property
    def _key(self) -> bytes:
        asked = {
            "KeyId": self._key_id,
            "Message": _text(_INDEX_OF_ADDRESSES),
            "MacAlgorithm": "HMAC_SHA_256",
        }
        return b64decode(self._kms.call("GenerateMac", asked)["Mac"])


def _context(customer_id: CustomerId) -> dict[str, Any]:
    return {"EncryptionContext": {"customer": customer_id}}


def _text(value: bytes) -> str:
    return b64encode(value).decode()
