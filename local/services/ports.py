"""Ports on the loopback interface: free ones, remembered, and whether one is taken."""

import json
import socket
from pathlib import Path

from local.services.errors import StartError

HOST = "127.0.0.1"
_FILE = "ports.json"


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def known_ports(folder: Path) -> dict[str, int]:
    """Port by server, as they were last time."""
    try:
        ports: dict[str, int] = json.loads((folder / _FILE).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return ports


def remembered_port(folder: Path, name: str) -> int:
    """The port that `name` had last time, if it is free; else a new one, remembered."""
    port = known_ports(folder).get(name)
    return port if port is not None and is_free(port) else new_port(folder, name)


def new_port(folder: Path, name: str) -> int:
    """A free port for `name`, remembered instead of the one it had."""
    port = free_port()
    (folder / _FILE).write_text(json.dumps({**known_ports(folder), name: port}))
    return port


def demand(port: int, what: str, option: str) -> None:
    """Raises StartError where a port that must be this one is taken."""
    if not is_free(port):
        raise StartError(
            f"port {port} is in use, and {what} wants it",
            f"end what listens there (`ss -ltnp 'sport = :{port}'` names it), or choose another "
            f"with {option}",
        )
