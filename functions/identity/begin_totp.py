"""POST /auth/totp: the secret of a second factor, to be confirmed by a code of it."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Outgoing

api = Api(hub)


class EnrolmentOut(Outgoing):
    secret: str
    uri: str


@api.post("/auth/totp", status=201, scope="customer", problems=(409,))
def begin_totp(caller: Caller) -> EnrolmentOut:
    return EnrolmentOut(**hub().begin_totp(caller.customer_id)._asdict())


handler = api.handler()
