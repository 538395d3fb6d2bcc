"""WebSocket API, renew: a fresh token, before the one that connected expires."""

from typing import Annotated

from pydantic import Field

from hub.application.ports.streaming import Connection
from hub.application.streaming.renew_connection import RenewConnectionCommand
from hub.bootstrap import hub
from hub.entrypoints.socket import Frame, frame_handler


class RenewFrame(Frame):
    token: Annotated[str, Field(max_length=4096)]


def renew_connection(connection: Connection, frame: RenewFrame) -> None:
    hub().renew_connection(RenewConnectionCommand(connection, frame.token))


handler = frame_handler(hub, RenewFrame, renew_connection)
