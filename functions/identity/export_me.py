"""GET /me/export: everything that is kept of the caller as a person."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.notifications import PreferencesOut, preferences_out
from hub.entrypoints.watchlists import WatchlistOut, watchlist_out
from hub.entrypoints.wire import Moment, Outgoing

api = Api(hub)


class KeptSession(Outgoing):
    session_id: str
    address: str
    agent: str
    created_at: Moment
    used_at: Moment
    expires_at: Moment


class Export(Outgoing):
    user_id: str
    email: str
    email_verified: bool
    name: str
    created_at: Moment
    sessions: list[KeptSession]
    watchlists: list[WatchlistOut]
    notifications: PreferencesOut


@api.get("/me/export", scope="customer")
def export_me(caller: Caller) -> Export:
    data, watchlists, preferences = hub().export_me(caller.customer_id)
    person = data.customer
    return Export(
        user_id=person.customer_id,
        email=person.email,
        email_verified=person.email_verified,
        name=person.name,
        created_at=data.created_at,
        sessions=[KeptSession(**each._asdict()) for each in data.sessions],
        watchlists=[watchlist_out(each) for each in watchlists],
        notifications=preferences_out(preferences),
    )


handler = api.handler()
