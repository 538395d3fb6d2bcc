"""Quotes that the stream task did not leave in Redis, kept for some seconds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.adapters.caching.aside import Aside
from hub.adapters.caching.families import QUOTES
from hub.domain.market.quote import Quote

Source = Callable[[Sequence[str], datetime], Mapping[str, Quote]]


@dataclass(frozen=True, slots=True)
class QuotesInTurn:
    """Each source is asked for what those before it did not have."""

    sources: Sequence[Source]

    def at(self, symbols: Sequence[str], moment: datetime) -> Mapping[str, Quote]:
        found: dict[str, Quote] = {}
        for source in self.sources:
            left = [symbol for symbol in symbols if symbol not in found]
            if left:
                found.update(source(left, moment))
        return found


@dataclass(frozen=True, slots=True)
class CachedQuotes:
    """Named by the minute of the market too: a replay passes a close within a quote's life."""

    quotes: Source
    aside: Aside

    def at(self, symbols: Sequence[str], moment: datetime) -> Mapping[str, Quote]:
        names = {f"{symbol}:{moment:%Y-%m-%dT%H:%M}": symbol for symbol in symbols}

        def load(missing: Sequence[str]) -> Mapping[str, Quote]:
            found = self.quotes([names[name] for name in missing], moment)
            return {name: found[names[name]] for name in missing if names[name] in found}

        read = self.aside.read(QUOTES, list(names), load)
        return {names[name]: quote for name, quote in read.items()}
