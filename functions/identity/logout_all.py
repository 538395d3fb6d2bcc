"""POST /auth/logout_all: end every session of the caller, on every device."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Outgoing

api = Api(hub)


class LoggedOutAll(Outgoing):
    ended_sessions: int


@api.post("/auth/logout_all", scope="customer")
def logout_all(caller: Caller) -> LoggedOutAll:
    return LoggedOutAll(ended_sessions=hub().logout_all(caller.customer_id))


handler = api.handler()
