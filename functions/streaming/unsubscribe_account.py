"""WebSocket API, unsubscribe: hear no more of an account."""

from hub.application.ports.streaming import Connection
from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.socket import Frame, frame_handler
from hub.entrypoints.wire import UuidText


class UnsubscribeFrame(Frame):
    account_id: UuidText


def unsubscribe_account(connection: Connection, frame: UnsubscribeFrame) -> None:
    hub().unsubscribe_account(connection.connection_id, AccountId(frame.account_id))


handler = frame_handler(hub, UnsubscribeFrame, unsubscribe_account)
