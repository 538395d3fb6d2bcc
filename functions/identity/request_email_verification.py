"""POST /auth/request_email_verification: a token by mail, to show whose address it is."""

from typing import Literal

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.wire import Outgoing

api = Api(hub)


class VerificationRequested(Outgoing):
    status: Literal["requested"] = "requested"


@api.post("/auth/request_email_verification", status=202, scope="customer", problems=(503,))
def request_email_verification(caller: Caller, request: Request) -> VerificationRequested:
    hub().request_email_verification(caller.customer_id, request.source_ip)
    return VerificationRequested()


handler = api.handler()
