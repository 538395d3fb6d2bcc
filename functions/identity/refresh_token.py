"""POST /auth/refresh_token: the next pair of tokens; each refresh token works once."""

from typing import Annotated

from pydantic import Field

from hub.bootstrap import hub
from hub.entrypoints.http import Api
from hub.entrypoints.views import TokenPair
from hub.entrypoints.wire import Incoming

api = Api(hub)


class Renewal(Incoming):
    refresh_token: Annotated[str, Field(min_length=1, max_length=128)]


@api.post("/auth/refresh_token", problems=(401,))
def refresh_token(renewal: Renewal) -> TokenPair:
    return TokenPair(**hub().refresh_token(renewal.refresh_token)._asdict())


handler = api.handler()
