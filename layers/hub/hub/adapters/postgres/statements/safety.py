"""What has happened to the safety of an account is noted to be told, where it happens."""

from typing import Any

from sqlalchemy import CTE, ColumnElement, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from hub.adapters.postgres.statements.parts import text_of
from hub.adapters.postgres.tables import ID, notification_preferences, notifications
from hub.domain.notifications.preferences import Channel, Topic, When


def noted(source: CTE, kind: str, at: Any) -> CTE:
    """For the customers of `source`: a mail, and a text where it is wanted.

    What happens at one moment is one event, also where the statement runs twice. It leaves as one
    message with whatever else is due by then, so that nobody is told more than once a minute.
    """
    told = _told(source)
    event = func.concat(text_of(f"{kind}:"), told.c.user_id, text_of(":"), at)
    values: dict[str, ColumnElement[Any]] = {
        "notification_id": cast(func.md5(func.concat(event, told.c.channel)), ID),
        "event": event,
        "channel": told.c.channel,
        "user_id": told.c.user_id,
        "topic": text_of(Topic.SECURITY),
        "kind": text_of(kind),
        "facts": func.jsonb_build_object(text_of("at"), at),
        "state": text_of("waiting"),
        "due_at": at,
        "bundled": literal_column("true"),
        "tries": literal_column("0"),
        "created_at": at,
    }
    new = insert(notifications).from_select(
        list(values),
        select(*[value.label(name) for name, value in values.items()]).select_from(told),
        include_defaults=False,
    )
    return new.on_conflict_do_nothing().cte(f"noted_{kind.lower()}")


def _told(source: CTE) -> Any:
    wishes = notification_preferences
    wanted = func.jsonb_extract_path_text(
        wishes.c.choices, text_of(Channel.SMS), text_of(Topic.SECURITY)
    )
    mails = select(source.c.user_id, text_of(Channel.EMAIL).label("channel"))
    texts = (
        select(source.c.user_id, text_of(Channel.SMS))
        .select_from(source.join(wishes, wishes.c.user_id == source.c.user_id))
        .where(wishes.c.phone.is_not(None), wanted != text_of(When.OFF))
    )
    return mails.union(texts).subquery("told")
