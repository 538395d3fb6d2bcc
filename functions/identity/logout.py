"""POST /auth/logout: end the session that asks; its tokens are worth nothing from now on."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Outgoing

api = Api(hub)


class LoggedOut(Outgoing):
    session_id: str


@api.post("/auth/logout", scope="customer")
def logout(caller: Caller) -> LoggedOut:
    hub().logout(caller.customer_id, caller.session_id)
    return LoggedOut(session_id=caller.session_id)


handler = api.handler()
