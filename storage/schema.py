"""The ledger's tables, as the newest migration leaves them.

A test proves that the migrations give exactly this schema on SQLite and on PostgreSQL. Times are
stored as UTC; slots are local wall-clock times ("2026-10-25T02:30") in the newsletter's own zone,
because that is what names them for ever.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy import DateTime as SqlDateTime


class Utc(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC: SQLite has no zones, and PostgreSQL's session zone is not ours."""

    impl = SqlDateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a datetime without a zone cannot be stored"
            raise ValueError(message)
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        found: datetime = value
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ITEM_KINDS = ("item", "event")
ISSUE_STATES = ("awaiting-approval", "queued", "sending", "paused", "sent", "cancelled")
SLOT_OUTCOMES = ("issue", "nothing-new", "paused", "missed", "superseded", "not-approved", "no-subscribers")
DELIVERY_STATES = ("queued", "sending", "sent", "deferred", "failed", "suppressed", "uncertain")
SUBSCRIPTION_STATES = ("active", "unsubscribed")
LETTER_KINDS = ("confirm", "welcome", "change", "settings")
LETTER_STATES = ("queued", "sending", "sent", "deferred", "failed", "suppressed", "uncertain")


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


# What is known of every item and event that was ever seen (content.newsroom.Known).
pieces = Table(
    "pieces",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("source", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("head_hash", String(64), nullable=False),
    Column("published", Utc, nullable=False),
    Column("updated", Utc, nullable=False),
    Column("first_seen", Utc, nullable=False),
    Column("visible_since", Utc),
    Column("withdrawn", Utc),
    Column("withdrawn_reason", Text, nullable=False, server_default=""),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("snapshot", Text, nullable=False, server_default=""),
    UniqueConstraint("kind", "slug"),
    _one_of("kind", ITEM_KINDS),
)

# Where a piece was found before its head gave it another slug: old links lead on.
former_slugs = Table(
    "former_slugs",
    metadata,
    Column("kind", String(8), primary_key=True),
    Column("slug", Text, primary_key=True),
    Column("key", Text, ForeignKey("pieces.key"), nullable=False),
)

# One row per newsletter of the configuration, made when it is first met: its look-back counts from `started`.
newsletters = Table(
    "newsletters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("started", Utc, nullable=False),
    Column("paused", Utc),
)

# From when on a newsletter has offered a category: an archive that joins later is not mailed either.
newsletter_categories = Table(
    "newsletter_categories",
    metadata,
    Column("newsletter", Text, ForeignKey("newsletters.name"), primary_key=True),
    Column("category", Text, primary_key=True),
    Column("since", Utc, nullable=False),
)

issues = Table(
    "issues",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("newsletter", Text, ForeignKey("newsletters.name"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("slot", String(16), nullable=False),
    Column("state", String(20), nullable=False),
    Column("subject", Text, nullable=False),
    Column("composed", Utc, nullable=False),
    Column("finished", Utc),
    Column("reason", Text, nullable=False, server_default=""),
    Column("content", JSON, nullable=False),
    UniqueConstraint("newsletter", "number"),
    UniqueConstraint("newsletter", "slot"),
    _one_of("state", ISSUE_STATES),
)

# Promise 1 is the unique constraint: an item is in one issue of a newsletter. Cancelling an issue before
# its first mail deletes its rows here, so that its items go into the next one.
issue_items = Table(
    "issue_items",
    metadata,
    Column("newsletter", Text, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("issue_id", Integer, ForeignKey("issues.id"), nullable=False, index=True),
)

# Events stay in every issue until they are over, so here the issue is part of the key.
issue_events = Table(
    "issue_events",
    metadata,
    Column("issue_id", Integer, ForeignKey("issues.id"), primary_key=True),
    Column("event", Text, primary_key=True),
)

# Promise 2 is the primary key: a slot is decided once.
slots = Table(
    "slots",
    metadata,
    Column("newsletter", Text, ForeignKey("newsletters.name"), primary_key=True),
    Column("slot", String(16), primary_key=True),
    Column("due", Utc, nullable=False),
    Column("decided", Utc, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("issue_id", Integer, ForeignKey("issues.id")),
    _one_of("outcome", SLOT_OUTCOMES),
)

# An issue as one group gets it; `message` is the finished mail with fixed-length places for the recipient's
# own values (newsletter.message). `choice` is the sorted categories joined by a comma, "*" for all.
editions = Table(
    "editions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue_id", Integer, ForeignKey("issues.id"), nullable=False),
    Column("choice", Text, nullable=False),
    Column("language", String(35), nullable=False),
    Column("subject", Text, nullable=False),
    Column("message", LargeBinary, nullable=False),
    UniqueConstraint("issue_id", "choice", "language"),
)

# `address` is what mail is sent to, `address_key` what addresses are compared by, and `address_hash` is the
# key's hash (storage.suppressions), kept here because SQLite cannot make it.
# An id is never given to a second person (AUTOINCREMENT): old tokens and deliveries carry it for ever.
subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("address_hash", String(64), nullable=False, index=True),
    Column("language", String(35)),
    Column("created", Utc, nullable=False),
    Column("evidence", JSON, nullable=False),
    sqlite_autoincrement=True,
)

# `choice` is the sorted categories joined by a comma, or "*" for all, also those that are added later.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("subscriber_id", Integer, ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("newsletter", Text, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("choice", Text, nullable=False, server_default="*"),
    Column("since", Utc, nullable=False),
    Column("ended", Utc),
    Index(None, "newsletter", "state", "subscriber_id"),
    _one_of("state", SUBSCRIPTION_STATES),
)

# Nothing of a newsletter is sent to a subscriber before `until`; a pause that is over means nothing.
pauses = Table(
    "pauses",
    metadata,
    Column("subscriber_id", Integer, ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("newsletter", Text, primary_key=True),
    Column("until", Utc, nullable=False),
)

# What somebody asked for and has not confirmed, or only just: one row per address, until it is forgotten.
# `newsletters` maps each to its choice; `evidence` is what becomes proof of consent when it is confirmed.
# The tokens in mails carry the id, so it is never given again.
signups = Table(
    "signups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("language", String(35)),
    Column("newsletters", JSON, nullable=False),
    Column("asked", Utc, nullable=False, index=True),
    Column("confirmed", Utc),
    Column("subscriber_id", Integer),
    Column("evidence", JSON, nullable=False),
    sqlite_autoincrement=True,
)

# The address that a subscriber wants to change to and has not confirmed.
moves = Table(
    "moves",
    metadata,
    Column("subscriber_id", Integer, ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("asked", Utc, nullable=False, index=True),
)

# How often something was done since `since`; `key` is a keyed hash, so that it names nobody.
quotas = Table(
    "quotas",
    metadata,
    Column("scope", String(16), primary_key=True),
    Column("key", String(32), primary_key=True),
    Column("since", Utc, nullable=False, index=True),
    Column("count", Integer, nullable=False),
)

# Single mails that are not of an issue. `number` is what the link in it stands for: a sign-up's or a
# subscriber's id. Their text is made when they are sent. The lease and `started` are as in `deliveries`.
letters = Table(
    "letters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("address", Text, nullable=False),
    Column("address_hash", String(64), nullable=False, index=True),
    Column("language", String(35)),
    Column("newsletters", JSON, nullable=False),
    Column("number", Integer, nullable=False),
    Column("expires", Utc, nullable=False),
    Column("state", String(12), nullable=False),
    Column("queued", Utc, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt", Utc, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", Utc),
    Column("started", Utc),
    Column("finished", Utc),
    Column("reply", Text, nullable=False, server_default=""),
    Index(None, "state", "next_attempt"),
    _one_of("kind", LETTER_KINDS),
    _one_of("state", LETTER_STATES),
    sqlite_autoincrement=True,
)

# By hash, so that it outlives the erasure of the person. `newsletter` "" means every newsletter.
suppressions = Table(
    "suppressions",
    metadata,
    Column("address_hash", String(64), primary_key=True),
    Column("newsletter", Text, primary_key=True, server_default=""),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("since", Utc, nullable=False),
)

# One issue to one subscriber. `started` is set and committed just before the message goes over the wire:
# a row whose lease ran out with `started` set may have been delivered, one without it cannot have been.
deliveries = Table(
    "deliveries",
    metadata,
    Column("issue_id", Integer, ForeignKey("issues.id"), primary_key=True),
    Column("subscriber_id", Integer, primary_key=True, index=True),
    Column("edition_id", Integer, ForeignKey("editions.id"), nullable=False),
    Column("state", String(12), nullable=False),
    Column("queued", Utc, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt", Utc, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", Utc),
    Column("started", Utc),
    Column("finished", Utc),
    Column("reply", Text, nullable=False, server_default=""),
    Column("held", Boolean, nullable=False, server_default=text("false")),
    Index(None, "issue_id", "state", "next_attempt"),
    _one_of("state", DELIVERY_STATES),
)

# Values made once and kept as long as the database: the key that tokens are signed with.
secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
