"""WebSocket API, resume: what happened in an account since, and from now on."""

from typing import Annotated

from pydantic import Field

from hub.application.ports.streaming import Connection
from hub.application.streaming.subscribe_account import SubscribeAccountCommand
from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.socket import Frame, frame_handler
from hub.entrypoints.wire import UuidText


class ResumeFrame(Frame):
    """`after` is the last sequence number that the client has seen; 0 before the first."""

    account_id: UuidText
    after: Annotated[int, Field(ge=0, lt=2**53)]


def resume_account(connection: Connection, frame: ResumeFrame) -> None:
    account_id = AccountId(frame.account_id)
    hub().subscribe_account(SubscribeAccountCommand(connection, account_id, frame.after))


handler = frame_handler(hub, ResumeFrame, resume_account)
