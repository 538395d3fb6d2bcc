"""GET /admin/reconciliations/{date}: how a day compared with the venue's record of it."""

from hub.application.ports.reconciliation import Reconciliation
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import DayIn, Moment, Outgoing

api = Api(hub)


class BreakOut(Outgoing):
    """`kind` is missing_ours, missing_theirs, quantity, price, cash or timing."""

    kind: str
    account_id: str
    subject: str
    ours: str
    theirs: str


class ReconciliationOut(Outgoing):
    """The last comparison with a venue, of `files` writings of it with `executions` of ours."""

    reconciliation_id: str
    venue: str
    files: int
    executions: int
    compared_at: Moment
    breaks: list[BreakOut]


class ReconciliationsOut(Outgoing):
    date: str
    clean: bool
    reconciliations: list[ReconciliationOut]


@api.get("/admin/reconciliations/{date}", scope="admin", problems=(404,))
def get_reconciliation(
    date: DayIn,
    caller: Caller,  # noqa: ARG001  # only for who is known
) -> ReconciliationsOut:
    found = hub().get_reconciliation(date)
    return ReconciliationsOut(
        date=date.isoformat(),
        clean=not any(each.breaks for each in found),
        reconciliations=[_shown(each) for each in found],
    )


def _shown(found: Reconciliation) -> ReconciliationOut:
    return ReconciliationOut(
        reconciliation_id=found.reconciliation_id,
        venue=found.venue,
        files=found.files,
        executions=found.executions,
        compared_at=found.at,
        breaks=[BreakOut(**each._asdict()) for each in found.breaks],
    )


handler = api.handler()
