"""POST /auth/totp/remove: do without a second factor."""

from typing import Annotated, Literal

from pydantic import Field

from hub.application.identity.remove_totp import RemoveTotpCommand
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.identity import Password
from hub.entrypoints.wire import Incoming, Outgoing

api = Api(hub)


class Removal(Incoming):
    password: Password
    code: Annotated[str | None, Field(max_length=64, examples=["123456"])] = None


class Removed(Outgoing):
    status: Literal["removed"] = "removed"


@api.post("/auth/totp/remove", scope="customer", problems=(404,))
def remove_totp(removal: Removal, caller: Caller, request: Request) -> Removed:
    hub().remove_totp(
        RemoveTotpCommand(caller.customer_id, removal.password, removal.code, request.source_ip)
    )
    return Removed()


handler = api.handler()
