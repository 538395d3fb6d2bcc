"""The key pair that signs a local platform's access tokens, and the one that did before it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local import kms
from local.options import ROOT
from local.progress import say
from local.services.secrets import write_secret
from local.state import StateFolder, state_folder

FILE = "token_keys.json"
_BITS = 2048


class TokenKeys(NamedTuple):
    """`signing` is the secret that log-in reads; `verifying` the public keys by kid, as JSON."""

    signing: str
    verifying: str


def token_keys(file: Path) -> TokenKeys:
    if not file.exists():
        _write(file, "local-1", {})
    kept = json.loads(file.read_text())
    signing = json.dumps({"kid": kept["kid"], "private_key": kept["private_key"]})
    return TokenKeys(signing, json.dumps({**kept["retired"], kept["kid"]: kept["public_key"]}))


def rotate_keys(_words: Sequence[str]) -> int:
    """`./dev rotate-keys`: from its next start on the platform signs, and wraps, with new keys."""
    held = StateFolder(state_folder(ROOT))
    held.take()
    try:
        rotate(held.path / FILE)
        kms.rotate(held.path / kms.FILE)
    finally:
        held.release()
    say("A new key signs from the next start on; tokens of the last one stay good till they end.")
    say("A new master wraps customers' keys; those of the last one are wrapped anew at night.")
    return 0


def rotate(file: Path) -> None:
    """One key is retired; whatever was before it is forgotten: its tokens ended long ago."""
    token_keys(file)
    kept = json.loads(file.read_text())
    number = int(kept["kid"].rpartition("-")[2]) + 1
    _write(file, f"local-{number}", {kept["kid"]: kept["public_key"]})


def _write(file: Path, kid: str, retired: Mapping[str, str]) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    kept = {
        "kid": kid,
        "private_key": private.decode(),
        "public_key": public.decode(),
        "retired": dict(retired),
    }
    write_secret(file, json.dumps(kept))
