"""The use cases of identity, wired."""
# ruff: noqa: PLC0415  # adapters and use cases are imported where they are made

from functools import cached_property
from typing import TYPE_CHECKING

from hub.bootstrap.parts import Parts

if TYPE_CHECKING:
    from hub.application.identity.get_me import GetMe
    from hub.application.identity.login import Login
    from hub.application.identity.register import Register


class IdentityUseCases(Parts):
    """See the use cases of the same names."""

    @cached_property
    def register(self) -> "Register":
        from hub.application.identity.register import Register

        return Register(self.customers, self.passwords, self.clock, self.ids)

    @cached_property
    def login(self) -> "Login":
        from hub.adapters.system import SystemSecrets
        from hub.application.identity.login import Login

        return Login(
            self.customers, self.passwords, self.tokens, self.clock, self.ids, SystemSecrets()
        )

    @cached_property
    def get_me(self) -> "GetMe":
        from hub.application.identity.get_me import GetMe

        return GetMe(self.customers)
