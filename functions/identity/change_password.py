"""POST /auth/change_password: another password; every other session ends."""

from hub.application.identity.change_password import ChangePasswordCommand
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.identity import NewPassword, Password
from hub.entrypoints.wire import Incoming, Outgoing

api = Api(hub)


class PasswordChangeIn(Incoming):
    current_password: Password
    new_password: NewPassword


class PasswordChanged(Outgoing):
    ended_sessions: int


@api.post("/auth/change_password", scope="customer", problems=(403, 409, 429))
def change_password(change: PasswordChangeIn, caller: Caller, request: Request) -> PasswordChanged:
    ended = hub().change_password(
        ChangePasswordCommand(
            caller.customer_id,
            caller.session_id,
            change.current_password,
            change.new_password,
            request.source_ip,
        )
    )
    return PasswordChanged(ended_sessions=ended)


handler = api.handler()
