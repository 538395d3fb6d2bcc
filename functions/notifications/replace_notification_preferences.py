"""PUT /me/notifications: what the caller wants to be told from now on, where and when."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.notifications import (
    PreferencesIn,
    PreferencesOut,
    preferences_of,
    preferences_out,
)

api = Api(hub)


@api.put("/me/notifications", scope="customer", problems=(422,))
def replace_notification_preferences(wanted: PreferencesIn, caller: Caller) -> PreferencesOut:
    preferences = preferences_of(wanted)
    hub().replace_notification_preferences(caller.customer_id, preferences)
    return preferences_out(preferences)


handler = api.handler()
