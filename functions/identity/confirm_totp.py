"""POST /auth/totp/confirm: from now on a log-in wants a code; gives recovery codes, once."""

from typing import Annotated

from pydantic import Field

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.wire import Incoming, Outgoing

api = Api(hub)


class Confirmation(Incoming):
    code: Annotated[str, Field(max_length=64, examples=["123456"])]


class RecoveryCodes(Outgoing):
    recovery_codes: list[str]


@api.post("/auth/totp/confirm", scope="customer", problems=(404, 422))
def confirm_totp(confirmation: Confirmation, caller: Caller, request: Request) -> RecoveryCodes:
    codes = hub().confirm_totp(caller.customer_id, confirmation.code, request.source_ip)
    return RecoveryCodes(recovery_codes=list(codes))


handler = api.handler()
