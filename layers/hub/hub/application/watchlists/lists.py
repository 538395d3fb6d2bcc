"""What the use cases of watchlists share: finding instruments, and what goes wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.application.ports.market import Instruments
from hub.application.ports.watchlists import NameTakenError, Watchlists
from hub.domain.kernel import ConflictError, CustomerId, Fault, NotFoundError, RejectedError
from hub.domain.watchlists.watchlist import Watched, Watchlist


@dataclass(frozen=True, slots=True)
class Lists:
    watchlists: Watchlists
    instruments: Instruments

    def watched(self, symbols: Sequence[str]) -> list[Watched]:
        """Each once. Raises RejectedError, which names every symbol that is not traded."""
        found, faults = [], []
        for symbol in dict.fromkeys(symbols):
            instrument = self.instruments.find(symbol)
            if instrument is None:
                faults.append(Fault("symbols", "known", f"{symbol} is not traded here"))
            else:
                found.append(Watched(instrument.instrument_id, instrument.symbol))
        if faults:
            message = "a symbol is not traded here"
            raise RejectedError(message, code="unknown_symbol", faults=tuple(faults))
        return found

    def change(
        self, customer_id: CustomerId, watchlist_id: str, decide: Callable[[Watchlist], Watchlist]
    ) -> Watchlist:
        """Raises NotFoundError, also for another's, ConflictError, and what `decide` raises."""
        try:
            changed = self.watchlists.change(customer_id, watchlist_id, decide)
        except NameTakenError as error:
            raise name_taken() from error
        if changed is None:
            raise no_watchlist()
        return changed


def no_watchlist() -> NotFoundError:
    return NotFoundError("there is no such watchlist")


def name_taken() -> ConflictError:
    message = "another watchlist has this name"
    return ConflictError(message, code="name_taken", faults=(Fault("name", "unique", message),))
