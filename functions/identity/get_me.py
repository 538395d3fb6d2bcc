"""GET /auth/me: who the caller is."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Outgoing

api = Api(hub)


class Me(Outgoing):
    user_id: str
    email: str
    email_verified: bool
    name: str
    scope: str


@api.get("/auth/me")
def get_me(caller: Caller) -> Me:
    me = hub().get_me(caller.customer_id)
    return Me(
        user_id=me.customer_id,
        email=me.email,
        email_verified=me.email_verified,
        name=me.name,
        scope=caller.scope,
    )


handler = api.handler()
