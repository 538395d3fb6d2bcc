"""GET /accounts/{account_id}/keys: an account's live keys, without their text."""

from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Moment, Outgoing, UuidText

api = Api(hub)


class ApiKeyOut(Outgoing):
    key_id: str
    name: str
    scope: str
    created_at: Moment
    expires_at: Moment
    used_at: Moment | None


class ApiKeyList(Outgoing):
    keys: list[ApiKeyOut]


@api.get("/accounts/{account_id}/keys", scope="customer", problems=(404,))
def list_api_keys(account_id: UuidText, caller: Caller) -> ApiKeyList:
    keys = hub().list_api_keys(caller.customer_id, AccountId(account_id))
    return ApiKeyList(keys=[ApiKeyOut(**key._asdict()) for key in keys])


handler = api.handler()
