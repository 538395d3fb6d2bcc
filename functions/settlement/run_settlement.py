"""POST /admin/settlements/run: settle what is due now, and not at the next quarter of an hour."""

from datetime import date

from hub.application.admin import Administrator
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.wire import Moment, Outgoing

api = Api(hub)


class SettlementRunOut(Outgoing):
    """`run` names the execution of SettleTrades; `as_of` is the market's day that it settles."""

    run: str
    as_of: date
    market_time: Moment


@api.post("/admin/settlements/run", scope="admin", status=202, problems=(503,))
def run_settlement(caller: Caller, request: Request) -> SettlementRunOut:
    run = hub().run_settlement(Administrator(caller.customer_id, request.trace_id))
    return SettlementRunOut(run=run.name, as_of=run.as_of, market_time=run.market_time)


handler = api.handler()
