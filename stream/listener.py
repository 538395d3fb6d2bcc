"""A port for ten thousand connections: listened to, and what holds for every socket of it."""

import socket

_BACKLOG = 4096
# The kernel holds back no more unsent bytes than this, so that a slow client gets fresh quotes.
_UNSENT_BYTES = 16 * 1024


def listener(host: str, port: int) -> socket.socket:
    """Its options are those of the sockets that it takes in: they need not be set on each."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    listening.setblocking(False)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
    return listening
