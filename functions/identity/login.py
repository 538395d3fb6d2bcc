"""POST /auth/login: a password for an access token and a refresh token."""

from typing import Annotated

from pydantic import Field

from hub.application.identity.login import LoginCommand
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Request
from hub.entrypoints.identity import Password
from hub.entrypoints.views import TokenPair
from hub.entrypoints.wire import Incoming

api = Api(hub)


class Credentials(Incoming):
    email: Annotated[str, Field(max_length=254, examples=["ada@example.com"])]
    password: Password
    code: Annotated[
        str | None, Field(max_length=64, description="where there is a second factor")
    ] = None


@api.post("/auth/login", problems=(401, 429))
def login(credentials: Credentials, request: Request) -> TokenPair:
    logged_in = hub().login(
        LoginCommand(
            credentials.email,
            credentials.password,
            request.source_ip,
            request.agent,
            credentials.code,
        )
    )
    return TokenPair(**logged_in._asdict())


handler = api.handler()
