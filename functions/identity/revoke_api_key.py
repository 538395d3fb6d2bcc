"""DELETE /accounts/{account_id}/keys/{key_id}: a key opens nothing any more."""

from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Outgoing, UuidText

api = Api(hub)


class RevokedKey(Outgoing):
    key_id: str


@api.delete("/accounts/{account_id}/keys/{key_id}", scope="customer", problems=(404,))
def revoke_api_key(account_id: UuidText, key_id: UuidText, caller: Caller) -> RevokedKey:
    hub().revoke_api_key(caller.customer_id, AccountId(account_id), key_id)
    return RevokedKey(key_id=key_id)


handler = api.handler()
