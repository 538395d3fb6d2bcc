"""How many connections there may be, over all ports of the task: in all, and from one address."""

import resource
from collections import Counter
from ipaddress import IPv6Address

# Files that are no connections: listeners, servers that the task asks, logs.
_OTHER_FILES = 256
_NETWORK_BITS = 64


class Seats:
    """`of_one` is for an address, or a network of IPv6 such as one customer has; None: no bound."""

    def __init__(self, most: int | None = None, of_one: int | None = None) -> None:
        self.most = most_connections() if most is None else most
        self._of_one = of_one
        self._taken = 0
        self._by_network: Counter[str] = Counter()

    def take(self, address: str) -> str | None:
        """Why there is none, as it is counted. Who got one gives it back."""
        if self._taken >= self.most:
            return "too_many_connections"
        network = _network(address)
        if self._of_one is not None and self._by_network[network] >= self._of_one:
            return "too_many_of_one_address"
        self._taken += 1
        self._by_network[network] += 1
        return None

    def give_back(self, address: str) -> None:
        network = _network(address)
        self._taken -= 1
        self._by_network[network] -= 1
        if not self._by_network[network]:
            del self._by_network[network]


def _network(address: str) -> str:
    if ":" not in address:
        return address
    parsed = IPv6Address(address)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{int(parsed) >> _NETWORK_BITS:x}"


def most_connections() -> int:
    """As many as the process may open files, but for those that it needs besides."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(files - _OTHER_FILES, files // 2)


def raise_limit() -> None:
    """To what the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
