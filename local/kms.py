"""A twin of KMS, with keys of its own in a file: what wraps customers' keys on one machine."""

import hmac
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from local.awsapi import ApiError
from local.services.secrets import write_secret

FILE = "master_keys.json"
INDEX = "index"
_NONCE_BYTES = 12
_KEY_BYTES = 32


class MasterKeys(NamedTuple):
    """`current` wraps, every one of `masters` opens what it wrapped; `codes` makes codes alone."""

    current: str
    masters: Mapping[str, bytes]
    codes: bytes


def new_master_keys() -> MasterKeys:
    name = "personal-1"
    return MasterKeys(name, {name: os.urandom(_KEY_BYTES)}, os.urandom(_KEY_BYTES))


def master_keys(file: Path) -> MasterKeys:
    """Those of the file, which is made where there is none."""
    if not file.exists():
        write_master_keys(file, new_master_keys())
    kept = json.loads(file.read_text())
    masters = {name: b64decode(key) for name, key in kept["masters"].items()}
    return MasterKeys(kept["current"], masters, b64decode(kept["codes"]))


def rotated(keys: MasterKeys) -> MasterKeys:
    """Another master wraps from now on."""
    name = f"personal-{len(keys.masters) + 1}"
    return keys._replace(current=name, masters={**keys.masters, name: os.urandom(_KEY_BYTES)})


def rotate(file: Path) -> None:
    write_master_keys(file, rotated(master_keys(file)))


def write_master_keys(file: Path, keys: MasterKeys) -> None:
    kept = {
        "current": keys.current,
        "masters": {name: _text(key) for name, key in keys.masters.items()},
        "codes": _text(keys.codes),
    }
    write_secret(file, json.dumps(kept))


class KeyManagement:
    """GenerateDataKey, Encrypt, Decrypt and GenerateMac; a wrapped key names what wrapped it."""

    def __init__(self, keys: MasterKeys) -> None:
        self._keys = keys
        self._actions = {
            "GenerateDataKey": self._generate_data_key,
            "Encrypt": self._encrypt,
            "Decrypt": self._decrypt,
            "GenerateMac": self._generate_mac,
        }

    async def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        return self.answer(action, body)

    def answer(self, action: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Raises ApiError."""
        if action not in self._actions:
            raise ApiError("UnknownOperationException", f"{action} is not supported here")
        try:
            return self._actions[action](body)
        except (KeyError, TypeError, ValueError) as error:
            raise ApiError("ValidationException", f"{action} is malformed") from error

    def _generate_data_key(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if body["KeySpec"] != "AES_256":
            raise ApiError("ValidationException", "This twin makes keys of AES_256 alone.")
        plain = _text(os.urandom(_KEY_BYTES))
        return {"Plaintext": plain, **self._encrypt({**body, "Plaintext": plain})}

    def _encrypt(self, body: Mapping[str, Any]) -> dict[str, Any]:
        name, nonce = body["KeyId"], os.urandom(_NONCE_BYTES)
        sealed = self._cipher(name).encrypt(nonce, b64decode(body["Plaintext"]), _context(body))
        return {"KeyId": name, "CiphertextBlob": _text(name.encode() + b"\0" + nonce + sealed)}

    def _decrypt(self, body: Mapping[str, Any]) -> dict[str, Any]:
        name, _, blob = b64decode(body["CiphertextBlob"]).partition(b"\0")
        wrapped_by = name.decode(errors="replace")
        if body.get("KeyId", wrapped_by) != wrapped_by:
            raise ApiError("IncorrectKeyException", "Another key wrapped this.")
        try:
            nonce, sealed = blob[:_NONCE_BYTES], blob[_NONCE_BYTES:]
            plain = self._cipher(wrapped_by).decrypt(nonce, sealed, _context(body))
        except InvalidTag:
            raise ApiError("InvalidCiphertextException", "This does not open.") from None
        return {"KeyId": wrapped_by, "Plaintext": _text(plain)}

    def _generate_mac(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if body["KeyId"] != INDEX or body["MacAlgorithm"] != "HMAC_SHA_256":
            raise ApiError("NotFoundException", "There is no such key for codes.")
        mac = hmac.digest(self._keys.codes, b64decode(body["Message"]), sha256)
        return {"KeyId": INDEX, "Mac": _text(mac), "MacAlgorithm": "HMAC_SHA_256"}

    def _cipher(self, name: str) -> AESGCM:
        key = self._keys.masters.get(name)
        if key is None:
            raise ApiError("NotFoundException", f"There is no key {name}.")
        return AESGCM(key)


def _context(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body.get("EncryptionContext", {}), sort_keys=True).encode()


def _text(value: bytes) -> str:
    return b64encode(value).decode()
