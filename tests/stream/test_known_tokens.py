"""Tokens that were verified: asked of the verifier once, until they expire."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.application.ports.identity import Identity
from hub.domain.kernel import CustomerId, UnauthenticatedError
from stream.known_tokens import KnownTokens


class Verifier:
    """Knows every token but `bad`; counts how often it is asked."""

    def __init__(self, life: timedelta = timedelta(minutes=10)) -> None:
        self.asked: list[str] = []
        self.life = life

    def __call__(self, token: str) -> Identity:
        self.asked.append(token)
        if token == "bad":
            raise UnauthenticatedError("the token is not valid")
        return Identity(CustomerId(token), "session", "customer", datetime.now(UTC) + self.life)


def test_a_token_is_verified_once():
    verifier = Verifier()
    known = KnownTokens(verifier)
    first, again, other = known("a"), known("a"), known("b")

    assert (first, other.customer_id) == (again, "b")
    assert verifier.asked == ["a", "b"]


def test_what_has_expired_is_verified_again():
    verifier = Verifier(life=timedelta(0))
    known = KnownTokens(verifier)
    known("a")
    known("a")

    assert verifier.asked == ["a", "a"]


def test_a_refusal_is_not_kept():
    verifier = Verifier()
    known = KnownTokens(verifier)
    for _ in range(2):
        with pytest.raises(UnauthenticatedError):
            known("bad")

    assert verifier.asked == ["bad", "bad"]


def test_the_earliest_give_way_when_there_are_too_many():
    verifier = Verifier()
    known = KnownTokens(verifier, most=2)
    for token in ("a", "b", "c", "b", "c", "a"):
        known(token)

    assert verifier.asked == ["a", "b", "c", "a"]
