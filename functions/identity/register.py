"""POST /auth/register: take in a customer and open their first paper account."""

from typing import Annotated

from pydantic import Field

from hub.application.identity.register import RegisterCommand
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Request
from hub.entrypoints.identity import NewPassword
from hub.entrypoints.wire import Incoming, Moment, Outgoing

api = Api(hub)


class Registration(Incoming):
    email: Annotated[
        str,
        Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", examples=["ada@example.com"]),
    ]
    password: NewPassword
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S", examples=["Ada"])]


class Registered(Outgoing):
    user_id: str
    account_id: str
    email: str
    name: str
    created_at: Moment


@api.post("/auth/register", status=201, problems=(409,))
def register(registration: Registration, request: Request) -> Registered:
    command = RegisterCommand(
        registration.email, registration.password, registration.name, request.trace_id
    )
    new = hub().register(command)
    customer = new.customer
    return Registered(
        user_id=customer.customer_id,
        account_id=new.account_id,
        email=customer.email,
        name=customer.name,
        created_at=new.cause.at,
    )


handler = api.handler()
