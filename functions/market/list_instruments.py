"""GET /instruments: search what can be traded."""

from typing import Annotated

from pydantic import Field

from hub.application.cursors import place_of
from hub.application.market.list_instruments import PAGE
from hub.application.ports.market import InstrumentFilter
from hub.bootstrap import hub
from hub.domain.market.trading_day import Exchange
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.market import Cursor, InstrumentOut
from hub.entrypoints.wire import Outgoing, PageSize

api = Api(hub)

Words = Annotated[str, Field(max_length=100)]


class InstrumentList(Outgoing):
    """By symbol. `next_cursor` asks for the page after this one; it is null on the last."""

    instruments: list[InstrumentOut]
    next_cursor: str | None


@api.get("/instruments")
def list_instruments(  # noqa: PLR0917  # its parameters are the query's
    caller: Caller,  # noqa: ARG001  # only for who is known
    search: Annotated[Words | None, Field(description="part of a name or symbol")] = None,
    name: Annotated[Words | None, Field(description="part of a name")] = None,
    symbol: Annotated[Words | None, Field(description="how a symbol begins")] = None,
    kind: Annotated[Words | None, Field(description="the category, as stocks")] = None,
    exchange: Exchange | None = None,
    limit: PageSize = PAGE,
    cursor: Cursor | None = None,
) -> InstrumentList:
    after = place_of(cursor) if cursor else None
    wanted = InstrumentFilter(search, name, symbol, kind, exchange, after, limit)
    page = hub().list_instruments(wanted)
    return InstrumentList(
        instruments=[InstrumentOut(**each._asdict()) for each in page.instruments],
        next_cursor=page.next_cursor,
    )


handler = api.handler()
