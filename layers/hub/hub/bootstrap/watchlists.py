"""The use cases of watchlists, wired."""
# ruff: noqa: PLC0415  # adapters and use cases are imported where they are made

from functools import cached_property
from typing import TYPE_CHECKING

from hub.bootstrap.parts import Parts

if TYPE_CHECKING:
    from hub.application.watchlists.create_watchlist import CreateWatchlist
    from hub.application.watchlists.delete_watchlist import DeleteWatchlist
    from hub.application.watchlists.get_shared_watchlist import GetSharedWatchlist
    from hub.application.watchlists.get_watchlist import GetWatchlist, Quoting
    from hub.application.watchlists.list_watchlists import ListWatchlists
    from hub.application.watchlists.lists import Lists
    from hub.application.watchlists.replace_watchlist import ReplaceWatchlist
    from hub.application.watchlists.share_watchlist import ShareWatchlist
    from hub.application.watchlists.unshare_watchlist import UnshareWatchlist
    from hub.application.watchlists.unwatch_symbol import UnwatchSymbol
    from hub.application.watchlists.watch_symbol import WatchSymbol


class WatchlistUseCases(Parts):
    """See the use cases of the same names."""

    @cached_property
    def _lists(self) -> "Lists":
        from hub.application.watchlists.lists import Lists

        return Lists(self.watchlists, self.instruments)

    @cached_property
    def _quoting(self) -> "Quoting":
        from hub.application.watchlists.get_watchlist import Quoting

        return Quoting(self.market_data, self.clock)

    @cached_property
    def create_watchlist(self) -> "CreateWatchlist":
        from hub.application.watchlists.create_watchlist import CreateWatchlist

        return CreateWatchlist(self._lists, self.clock, self.ids)

    @cached_property
    def list_watchlists(self) -> "ListWatchlists":
        from hub.application.watchlists.list_watchlists import ListWatchlists

        return ListWatchlists(self.watchlists)

    @cached_property
    def get_watchlist(self) -> "GetWatchlist":
        from hub.application.watchlists.get_watchlist import GetWatchlist

        return GetWatchlist(self.watchlists, self._quoting)

    @cached_property
    def replace_watchlist(self) -> "ReplaceWatchlist":
        from hub.application.watchlists.replace_watchlist import ReplaceWatchlist

        return ReplaceWatchlist(self._lists, self.clock)

    @cached_property
    def delete_watchlist(self) -> "DeleteWatchlist":
        from hub.application.watchlists.delete_watchlist import DeleteWatchlist

        return DeleteWatchlist(self.watchlists)

    @cached_property
    def watch_symbol(self) -> "WatchSymbol":
        from hub.application.watchlists.watch_symbol import WatchSymbol

        return WatchSymbol(self._lists, self.clock)

    @cached_property
    def unwatch_symbol(self) -> "UnwatchSymbol":
        from hub.application.watchlists.unwatch_symbol import UnwatchSymbol

        return UnwatchSymbol(self._lists, self.clock)

    @cached_property
    def share_watchlist(self) -> "ShareWatchlist":
        from hub.application.watchlists.share_watchlist import ShareWatchlist

        return ShareWatchlist(self.watchlists, self.secrets)

    @cached_property
    def unshare_watchlist(self) -> "UnshareWatchlist":
        from hub.application.watchlists.unshare_watchlist import UnshareWatchlist

        return UnshareWatchlist(self.watchlists)

    @cached_property
    def get_shared_watchlist(self) -> "GetSharedWatchlist":
        from hub.application.watchlists.get_shared_watchlist import GetSharedWatchlist

        return GetSharedWatchlist(self.watchlists, self._quoting)
