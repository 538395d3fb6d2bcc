"""GET /auth/sessions: where the caller is logged in."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Moment, Outgoing

api = Api(hub)


class SessionOut(Outgoing):
    session_id: str
    address: str
    agent: str
    created_at: Moment
    used_at: Moment
    expires_at: Moment
    current: bool


class SessionList(Outgoing):
    sessions: list[SessionOut]


@api.get("/auth/sessions", scope="customer")
def list_sessions(caller: Caller) -> SessionList:
    return SessionList(
        sessions=[
            SessionOut(**each._asdict(), current=each.session_id == caller.session_id)
            for each in hub().list_sessions(caller.customer_id)
        ]
    )


handler = api.handler()
