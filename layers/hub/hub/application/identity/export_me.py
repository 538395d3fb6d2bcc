"""Everything that is kept of a person, for that person."""

from dataclasses import dataclass

from hub.application.ports.identity import People, PersonalData
from hub.domain.kernel import CustomerId, UnauthenticatedError


@dataclass(frozen=True, slots=True)
class ExportMe:
    people: People

    def __call__(self, customer_id: CustomerId) -> PersonalData:
        data = self.people.all_of(customer_id)
        if data is None:
            raise UnauthenticatedError("the token's customer is gone")
        return data
