"""What a caller may do: the words of a scope, and which of them a route asks for."""

CUSTOMER = "customer"
READ = "read"
TRADE = "trade"
ADMIN = "admin"

# A customer who logged in may do everything of their own. An administrator is one besides.
_MEANS = {
    CUSTOMER: frozenset({CUSTOMER, READ, TRADE}),
    TRADE: frozenset({TRADE, READ}),
    READ: frozenset({READ}),
    ADMIN: frozenset({ADMIN}),
}


def scope_of(*, admin: bool) -> str:
    """The scope of a session."""
    return f"{CUSTOMER} {ADMIN}" if admin else CUSTOMER


def allows(scope: str, wanted: str) -> bool:
    """Whether one of the words of `scope` means `wanted`; unknown words mean nothing."""
    return any(wanted in _MEANS.get(word, ()) for word in scope.split())
