"""Every route says what it asks of its caller, and what changes anything looks at the session."""

import pytest

from hub.domain.identity import scopes
from hub.entrypoints.http import Api, Caller
from tests.architecture.project import Function, functions

GUARDED = [
    pytest.param(each, id=each.name)
    for each in functions()
    if each.route is not None and not each.route.public
]
KNOWN = {scopes.CUSTOMER, scopes.READ, scopes.TRADE, scopes.ADMIN}


# What is asked so often, and costs so little, that counting it would be the most of it.
UNCOUNTED = {"GetLive", "GetReadiness", "GetDocs", "GetOpenapi", "GetJwks"}
ROUTES = [pytest.param(each, id=each.name) for each in functions() if each.route is not None]


@pytest.mark.parametrize("function", ROUTES)
def test_a_route_has_doors_that_count_requests_and_know_ended_sessions(function: Function):
    assert function.route is not None
    assert (function.route.access.doors is None) == (function.name in UNCOUNTED), "Api(hub)"


@pytest.mark.parametrize("function", ROUTES)
def test_whatever_is_no_get_changes_something(function: Function):
    assert function.route is not None
    assert function.route.access.changes == (function.route.method != "GET")


@pytest.mark.parametrize("function", GUARDED)
def test_a_route_asks_for_a_scope_that_somebody_has(function: Function):
    assert function.route is not None
    assert function.route.access.scope in KNOWN


@pytest.mark.parametrize("function", GUARDED)
def test_a_path_of_administrators_is_theirs_alone(function: Function):
    assert function.route is not None
    is_theirs = "/admin/" in function.route.path or function.name == "GetDetailedHealth"
    assert (function.route.access.scope == scopes.ADMIN) == is_theirs


def test_a_scope_without_a_caller_is_a_mistake():
    def nobody() -> None: ...

    with pytest.raises(TypeError):
        Api().get("/admin/x", scope="admin")(nobody)


def test_an_admins_route_can_be_declared():
    def somebody(caller: Caller) -> None: ...

    api = Api()
    api.get("/admin/x", scope="admin")(somebody)
    assert api.route is not None
    assert api.route.access.scope == "admin"
