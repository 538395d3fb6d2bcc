"""Evaluates the policy document of a Lambda authorizer for one method."""

import re
from functools import lru_cache
from typing import Any, Literal

_ACTION = "execute-api:invoke"
_KNOWN = {"Sid", "Effect", "Action", "Resource"}


class PolicyError(ValueError):
    """The document is not one that API Gateway would take."""


def evaluate(document: Any, arn: str) -> Literal["Allow", "Deny", "None"]:
    """An explicit Deny wins; "None" means that no statement speaks about the method."""
    effects = {
        statement["Effect"] for statement in _statements(document) if _applies(statement, arn)
    }
    if "Deny" in effects:
        return "Deny"
    return "Allow" if effects else "None"


def _statements(document: Any) -> list[dict[str, Any]]:
    if not isinstance(document, dict) or "Statement" not in document:
        raise PolicyError("no Statement")
    statements = _list(document["Statement"])
    for statement in statements:
        if not isinstance(statement, dict) or not {"Effect", "Action", "Resource"} <= set(
            statement
        ):
            raise PolicyError("a statement needs Effect, Action and Resource")
        if set(statement) - _KNOWN or statement["Effect"] not in {"Allow", "Deny"}:
            raise PolicyError(f"statement not understood: {sorted(statement)}")
    return statements


def _applies(statement: dict[str, Any], arn: str) -> bool:
    actions = _list(statement["Action"])
    return any(_matches(action.lower(), _ACTION) for action in actions) and any(
        _matches(resource, arn) for resource in _list(statement["Resource"])
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _matches(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
