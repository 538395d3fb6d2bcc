"""GET /instruments: what can be traded."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Outgoing

api = Api(hub)


class InstrumentOut(Outgoing):
    instrument_id: str
    symbol: str
    name: str
    category: str
    exchange: str
    currency: str


class InstrumentList(Outgoing):
    instruments: list[InstrumentOut]


@api.get("/instruments")
def list_instruments(caller: Caller) -> InstrumentList:  # noqa: ARG001  # only for who is known
    return InstrumentList(
        instruments=[InstrumentOut(**each._asdict()) for each in hub().list_instruments()]
    )


handler = api.handler()
