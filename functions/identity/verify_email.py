"""POST /auth/verify_email: the token that came by mail shows whose address it is."""

from typing import Annotated

from pydantic import Field

from hub.bootstrap import hub
from hub.entrypoints.http import Api
from hub.entrypoints.wire import Incoming, Outgoing

api = Api(hub)


class Verification(Incoming):
    token: Annotated[str, Field(min_length=1, max_length=128)]


class VerifiedEmail(Outgoing):
    email: str


@api.post("/auth/verify_email", problems=(422,))
def verify_email(verification: Verification) -> VerifiedEmail:
    return VerifiedEmail(email=hub().verify_email(verification.token))


handler = api.handler()
