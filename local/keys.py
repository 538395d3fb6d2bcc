"""The key pair that signs a local platform's access tokens, made once."""

import json
import os
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

_BITS = 2048


class TokenKeys(NamedTuple):
    """`signing` is the secret that log-in reads; `verifying` the public keys by kid, as JSON."""

    signing: str
    verifying: str


def token_keys(file: Path) -> TokenKeys:
    if not file.exists():
        _write(file)
    kept = json.loads(file.read_text())
    signing = json.dumps({"kid": kept["kid"], "private_key": kept["private_key"]})
    return TokenKeys(signing, json.dumps({kept["kid"]: kept["public_key"]}))


def _write(file: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    kept = {"kid": "local-1", "private_key": private.decode(), "public_key": public.decode()}
    half = file.with_name(file.name + ".new")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(kept, out)
    half.replace(file)  # whole or not at all: a start may be cut off here
