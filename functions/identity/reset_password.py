"""POST /auth/reset_password: another password, by the token that came by mail."""

from typing import Annotated

from pydantic import Field

from hub.bootstrap import hub
from hub.entrypoints.http import Api
from hub.entrypoints.identity import NewPassword
from hub.entrypoints.wire import Incoming, Outgoing

api = Api(hub)


class PasswordResetIn(Incoming):
    token: Annotated[str, Field(min_length=1, max_length=128)]
    new_password: NewPassword


class PasswordResetOut(Outgoing):
    ended_sessions: int


@api.post("/auth/reset_password", problems=(422,))
def reset_password(reset: PasswordResetIn) -> PasswordResetOut:
    ended = hub().reset_password(reset.token, reset.new_password)
    return PasswordResetOut(ended_sessions=ended)


handler = api.handler()
