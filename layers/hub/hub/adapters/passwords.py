"""Passwords as argon2id hashes, with the parameters that OWASP sets as the least."""

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(
    time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)
# Of nobody's password: verified for an unknown customer, so that the answer takes as long.
_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$Gq0vYkWFmZ2pQYV0cK8y3g"
    "$2vJ9f7gkq8y0sS0d8iXJtqjv8y7p8yW0H6k3N0m1l2I"
)


class Argon2Passwords:
    def hash(self, password: str) -> str:
        return _HASHER.hash(password)

    def verify(self, password: str, password_hash: str | None) -> bool:
        try:
            _HASHER.verify(password_hash or _NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        return _HASHER.check_needs_rehash(password_hash)
