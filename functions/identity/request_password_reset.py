"""POST /auth/request_password_reset: a token by mail; the same answer whoever is asked for."""

from typing import Annotated, Literal

from pydantic import Field

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Request
from hub.entrypoints.wire import Incoming, Outgoing

api = Api(hub)


class ResetRequest(Incoming):
    email: Annotated[str, Field(max_length=254, examples=["ada@example.com"])]


class ResetRequested(Outgoing):
    status: Literal["requested"] = "requested"


@api.post("/auth/request_password_reset", status=202, problems=(503,))
def request_password_reset(wanted: ResetRequest, request: Request) -> ResetRequested:
    hub().request_password_reset(wanted.email, request.source_ip)
    return ResetRequested()


handler = api.handler()
