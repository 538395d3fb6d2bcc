"""Lambda authorizers: identity, the call, its cached answer, the policy's verdict."""

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from local.api.call import Call
from local.api.events import method_arn, request_authorizer_event
from local.api.gateway import Refused
from local.api.policy import PolicyError, evaluate
from local.api.routes import Match
from local.functions import FunctionError, Functions
from local.template.model import ApiSpec, AuthorizerSpec

_CACHE_LIMIT = 10_000
_CALL_LIMIT = 29.0
_LOG = logging.getLogger(__name__)


class Grant(NamedTuple):
    """What an authorizer answers: a policy, and the context that events carry from then on."""

    policy: Any
    context: dict[str, Any]


class Authorizers:
    """The authorizers of one API. `authorize` gives the event's context or raises Refused."""

    def __init__(self, api: ApiSpec, functions: Functions) -> None:
        self._api = api
        self._functions = functions
        self._cache: dict[tuple[str, ...], tuple[float, Grant]] = {}

    async def authorize(self, name: str, call: Call, match: Match) -> dict[str, Any]:
        spec = self._api.authorizers[name]
        key = (name, *_identity(spec, call))
        now = asyncio.get_running_loop().time()
        cached = self._cache.get(key)
        if cached is not None and cached[0] > now:
            grant = cached[1]
        else:
            grant = await self._ask(spec, call, match)
            self._remember(key, now + spec.ttl, grant)
        self._judge(spec, grant, call)
        return grant.context

    def _judge(self, spec: AuthorizerSpec, grant: Grant, call: Call) -> None:
        try:
            verdict = evaluate(grant.policy, method_arn(call, self._api))
        except PolicyError as error:
            _LOG.warning("authorizer %s: %s", spec.name, error)
            raise Refused("AUTHORIZER_CONFIGURATION_ERROR") from error
        if verdict == "Deny":
            text = "User is not authorized to access this resource with an explicit deny"
            raise Refused("ACCESS_DENIED", message=text)
        if verdict != "Allow":
            raise Refused("ACCESS_DENIED")

    async def _ask(self, spec: AuthorizerSpec, call: Call, match: Match) -> Grant:
        loop = asyncio.get_running_loop()
        event = self._event(spec, call, match)
        started = loop.time()
        try:
            async with asyncio.timeout(_CALL_LIMIT):
                answer = await self._functions.run(
                    spec.function, json.dumps(event).encode(), trace_id=call.trace_id
                )
        except FunctionError as error:
            if error.message == "Unauthorized":
                raise Refused("UNAUTHORIZED") from error
            _LOG.warning("authorizer %s failed: %s", spec.name, error)
            raise Refused("AUTHORIZER_FAILURE") from error
        except TimeoutError as error:
            raise Refused("AUTHORIZER_FAILURE") from error
        return grant_of(json.loads(answer), int((loop.time() - started) * 1000))

    def _event(self, spec: AuthorizerSpec, call: Call, match: Match) -> dict[str, Any]:
        if spec.kind == "REQUEST":
            return request_authorizer_event(call, match, self._api)
        token = call.header(spec.headers[0])
        return {
            "type": "TOKEN",
            "authorizationToken": token,
            "methodArn": method_arn(call, self._api),
        }

    def _remember(self, key: tuple[str, ...], until: float, grant: Grant) -> None:
        spec = self._api.authorizers[key[0]]
        if not spec.ttl:
            return
        self._cache.pop(key, None)
        self._cache[key] = (until, grant)
        if len(self._cache) > _CACHE_LIMIT:
            del self._cache[next(iter(self._cache))]


def _identity(spec: AuthorizerSpec, call: Call) -> list[str]:
    """The values of the identity sources; without one of them there is no call."""
    values = [call.header(name) for name in spec.headers]
    values += [call.parameter(name) for name in spec.queries]
    present = [value for value in values if value]
    if len(present) < len(values):
        raise Refused("UNAUTHORIZED")
    if spec.validation is not None and not re.fullmatch(spec.validation, present[0]):
        raise Refused("UNAUTHORIZED")
    return present


def grant_of(answer: Any, latency: int) -> Grant:
    """Raises Refused where it is no answer of an authorizer."""
    if not isinstance(answer, Mapping) or not isinstance(answer.get("principalId"), str):
        raise Refused("AUTHORIZER_CONFIGURATION_ERROR")
    context = answer.get("context") or {}
    if not isinstance(context, Mapping) or not all(
        isinstance(value, str | int | float | bool) for value in context.values()
    ):
        raise Refused("AUTHORIZER_CONFIGURATION_ERROR")
    texts = {name: _text(value) for name, value in context.items()}
    principal = {"principalId": answer["principalId"], "integrationLatency": latency}
    return Grant(answer.get("policyDocument"), {**texts, **principal})


def _text(value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
