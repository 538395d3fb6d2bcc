"""The sockets of a port: what is set on the listener holds for those that it takes in."""

import socket

from stream.listener import listener


def test_who_is_taken_in_is_sent_everything_at_once_and_nothing_ahead():
    with listener("127.0.0.1", 0) as listening:
        assert not listening.getblocking()
        listening.setblocking(True)
        with (
            socket.create_connection(listening.getsockname()),
            listening.accept()[0] as taken,
        ):
            unsent = taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert unsent == 16 * 1024
