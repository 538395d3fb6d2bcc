"""The WebSocket API of one machine: connections, their events, and messages to them."""

from local.sockets.connections import Connections
from local.sockets.server import WebSocketApi

__all__ = ["Connections", "WebSocketApi"]
