"""What every answer tells a browser about itself."""

import pytest

from tests.architecture.project import RESOURCES
from tests.fixtures.requests import Front
from tests.fixtures.worlds import World

SECURE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


@pytest.mark.parametrize("raw", [None, "{"])
def test_answers_and_problems_are_kept_and_framed_by_nobody(shared_front: Front, raw: str | None):
    answer = shared_front.call("operations.get_live", raw=raw)
    assert {name: answer.headers.get(name) for name in SECURE} == SECURE
    refused = shared_front.call("identity.login", raw="{")
    assert {name: refused.headers.get(name) for name in SECURE} == SECURE


def test_the_explorer_runs_its_own_script_and_asks_nobody_but_us(shared_world: World):
    policy = Front(shared_world).call("operations.get_docs").headers["Content-Security-Policy"]
    allowed = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    assert allowed["default-src"] == "'none'"
    assert allowed["connect-src"] == "'self'"
    assert not any("http" in sources or "*" in sources for sources in allowed.values())


RESPONSES = RESOURCES["Api"]["Properties"]["GatewayResponses"]


@pytest.mark.parametrize("name", RESPONSES)
def test_what_the_gateway_says_itself_is_as_careful(name: str):
    headers = RESPONSES[name]["ResponseParameters"]["Headers"]
    for header in ("Cache-Control", "X-Content-Type-Options", "Strict-Transport-Security"):
        assert headers[header] == f"'{SECURE[header]}'"
