"""The key pair that signs a local platform's access tokens, made once."""

import json
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local.services.secrets import write_secret

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
    write_secret(file, json.dumps(kept))
