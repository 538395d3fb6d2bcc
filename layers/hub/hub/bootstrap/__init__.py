"""The only place where ports meet adapters: everything made when it is first needed, and kept.

Adapters are imported where they are made, so that a function pays for what it uses.
"""

from functools import cache

from hub.bootstrap.accounts import AccountUseCases
from hub.bootstrap.identity import IdentityUseCases
from hub.bootstrap.market import MarketUseCases
from hub.bootstrap.notifications import NotificationUseCases
from hub.bootstrap.operations import OperationsUseCases
from hub.bootstrap.orders import OrderUseCases
from hub.bootstrap.settlement import SettlementUseCases
from hub.bootstrap.streaming import StreamingUseCases
from hub.bootstrap.watchlists import WatchlistUseCases
from hub.settings import read_settings


class Hub(
    OperationsUseCases,
    OrderUseCases,
    AccountUseCases,
    StreamingUseCases,
    SettlementUseCases,
    WatchlistUseCases,
    NotificationUseCases,
    IdentityUseCases,
    MarketUseCases,
):
    """The use cases, wired for one process."""


@cache
def hub() -> Hub:
    """The process's own. Raises SettingsError."""
    return Hub(read_settings())
