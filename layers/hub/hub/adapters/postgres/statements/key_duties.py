"""Customers' keys that are to be destroyed, or wrapped anew."""

from typing import Any

from sqlalchemy import ColumnElement, Delete, Select, Update, delete, or_, select, update

from hub.adapters.postgres.statements.parts import LIMIT, OWNER, given
from hub.adapters.postgres.tables import keys_to_shred, users

_AFTER = given("after", users.c.user_id)
_MASTER = given("key_master", users.c.key_master)


def list_keys_to_shred() -> Select[Any]:
    return _page(keys_to_shred.c.user_id)


def forget_key_to_shred() -> Delete:
    return delete(keys_to_shred).where(keys_to_shred.c.user_id == OWNER)


def list_keys_wrapped_otherwise() -> Select[Any]:
    """Of those that are not to be destroyed."""
    return _page(users.c.user_id).where(
        users.c.key_master != _MASTER, users.c.email_index.is_not(None)
    )


def note_wrapped_key() -> Update:
    return update(users).where(users.c.user_id == OWNER).values(key_master=_MASTER)


def _page(key: ColumnElement[Any]) -> Select[Any]:
    later = or_(_AFTER.is_(None), key > _AFTER)
    return select(key).where(later).order_by(key).limit(LIMIT)
