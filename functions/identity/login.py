"""POST /auth/login: a password for an access token and a refresh token."""

from typing import Annotated, Literal

from pydantic import Field

from hub.application.identity.login import LoginCommand
from hub.bootstrap import hub
from hub.entrypoints.http import Api
from hub.entrypoints.wire import Incoming, Outgoing

api = Api()


class Credentials(Incoming):
    email: Annotated[str, Field(max_length=254, examples=["ada@example.com"])]
    password: Annotated[str, Field(max_length=1024, examples=["four words make one"])]


class TokenPair(Outgoing):
    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  # the scheme, no secret
    expires_in: Annotated[int, Field(description="seconds that the access token lives")]


@api.post("/auth/login", problems=(401,))
def login(credentials: Credentials) -> TokenPair:
    logged_in = hub().login(LoginCommand(credentials.email, credentials.password))
    return TokenPair(
        access_token=logged_in.access_token,
        refresh_token=logged_in.refresh_token,
        expires_in=logged_in.expires_in,
    )


handler = api.handler()
