"""What the handlers of identity take."""

from typing import Annotated

from pydantic import Field

from hub.domain.identity.credentials import MAX_PASSWORD, MIN_PASSWORD

_LONGEST = 1024

Password = Annotated[str, Field(max_length=_LONGEST, examples=["four words make one"])]
# Its rules are the domain's, which names them; the document tells the plain ones.
NewPassword = Annotated[
    str,
    Field(
        max_length=_LONGEST,
        examples=["five other words make two"],
        json_schema_extra={"minLength": MIN_PASSWORD, "maxLength": MAX_PASSWORD},
    ),
]
