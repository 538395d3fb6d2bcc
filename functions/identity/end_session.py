"""DELETE /auth/sessions/{session_id}: end one session of the caller's."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Outgoing, UuidText

api = Api(hub)


class EndedSession(Outgoing):
    session_id: str


@api.delete("/auth/sessions/{session_id}", scope="customer", problems=(404,))
def end_session(session_id: UuidText, caller: Caller) -> EndedSession:
    hub().end_session(caller.customer_id, session_id)
    return EndedSession(session_id=session_id)


handler = api.handler()
