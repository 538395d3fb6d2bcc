"""DELETE /me: forget the caller as a person; their books stay."""

from typing import Annotated, Literal

from pydantic import Field

from hub.application.identity.erase_me import EraseMeCommand
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.identity import Password
from hub.entrypoints.wire import Incoming, Outgoing

api = Api(hub)


class Erasure(Incoming):
    password: Password
    code: Annotated[str | None, Field(max_length=64, examples=["123456"])] = None


class Erased(Outgoing):
    status: Literal["erased"] = "erased"


@api.delete("/me", scope="customer")
def erase_me(erasure: Erasure, caller: Caller, request: Request) -> Erased:
    hub().erase_me(
        EraseMeCommand(caller.customer_id, erasure.password, erasure.code, request.source_ip)
    )
    return Erased()


handler = api.handler()
