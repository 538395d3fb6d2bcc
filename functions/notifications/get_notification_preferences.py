"""GET /me/notifications: what the caller wants to be told, where and when."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.notifications import PreferencesOut, preferences_out

api = Api(hub)


@api.get("/me/notifications", scope="customer")
def get_notification_preferences(caller: Caller) -> PreferencesOut:
    return preferences_out(hub().get_notification_preferences(caller.customer_id))


handler = api.handler()
