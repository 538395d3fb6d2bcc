"""POST /accounts/{account_id}/keys: a key for programs; its text is in this answer alone."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from hub.application.identity.create_api_key import CreateApiKeyCommand
from hub.bootstrap import hub
from hub.domain.identity.api_keys import KeyScope
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Choice, Incoming, Moment, Outgoing, UuidText

api = Api(hub)


class NewKey(Incoming):
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S", examples=["robot"])]
    scope: Annotated[KeyScope, Choice]
    days: Annotated[int, Field(ge=1, le=365, description="until it expires")] = 90


class CreatedKeyOut(Outgoing):
    key_id: str
    key: Annotated[str, Field(description="to be sent as a bearer token; it is not shown again")]
    name: str
    scope: str
    created_at: Moment
    expires_at: Moment


@api.post("/accounts/{account_id}/keys", status=201, scope="customer", problems=(404, 422))
def create_api_key(account_id: UuidText, new: NewKey, caller: Caller) -> CreatedKeyOut:
    key, text = hub().create_api_key(
        CreateApiKeyCommand(
            caller.customer_id,
            AccountId(account_id),
            new.name,
            new.scope,
            timedelta(days=new.days),
        )
    )
    return CreatedKeyOut(
        key_id=key.key_id,
        key=text,
        name=key.name,
        scope=key.scope,
        created_at=key.created_at,
        expires_at=key.expires_at,
    )


handler = api.handler()
