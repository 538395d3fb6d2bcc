"""WebSocket API, ping: the way there and back, and the gateway's ten idle minutes begin anew."""

from hub.application.ports.streaming import Connection
from hub.bootstrap import hub
from hub.entrypoints.socket import Frame, frame_handler


def ping_connection(connection: Connection, _frame: Frame) -> None:
    hub().telling.say(connection.connection_id, {"type": "pong"})


handler = frame_handler(hub, Frame, ping_connection)
