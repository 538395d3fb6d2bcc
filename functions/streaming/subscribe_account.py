"""WebSocket API, subscribe: what happens in an account from now on."""

from hub.application.ports.streaming import Connection
from hub.application.streaming.subscribe_account import SubscribeAccountCommand
from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.socket import Frame, frame_handler
from hub.entrypoints.wire import UuidText


class SubscribeFrame(Frame):
    account_id: UuidText


def subscribe_account(connection: Connection, frame: SubscribeFrame) -> None:
    account_id = AccountId(frame.account_id)
    hub().subscribe_account(SubscribeAccountCommand(connection, account_id, after=None))


handler = frame_handler(hub, SubscribeFrame, subscribe_account)
