"""Every letter's link expires, and there is one more kind; addresses are compared by case alone.

Before, a local part was case-folded, so that ß and ss were one mailbox.
"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from storage.schema import Utc
from storage.suppressions import address_hash

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KINDS = "ck_letters_kind"
GOOD_FOR = timedelta(days=180)

letters = sa.table("letters", sa.column("id"), sa.column("queued", Utc), sa.column("expires", Utc))
suppressions = sa.table(
    "suppressions",
    *(sa.column(name) for name in ("address_hash", "newsletter", "reason", "detail")),
    sa.column("since", Utc),
)


def upgrade() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(letters).where(letters.c.expires.is_(None))).all():
        until = letters.update().where(letters.c.id == row.id).values(expires=row.queued + GOOD_FOR)
        connection.execute(until)
    with op.batch_alter_table("letters", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_constraint(op.f(KINDS), type_="check")
        table.create_check_constraint(op.f(KINDS), "kind IN ('confirm', 'welcome', 'change', 'settings')")
        table.alter_column("expires", existing_type=sa.DateTime(timezone=True), nullable=False)
    _compare_by_case_alone(connection)


def _compare_by_case_alone(connection: sa.Connection) -> None:
    for name, hashed in (("subscribers", True), ("signups", False), ("moves", False)):
        columns = ["address", "address_key", *(["address_hash"] if hashed else [])]
        table = sa.table(name, *map(sa.column, columns))
        for row in connection.execute(sa.select(table)).all():
            key = row.address.lower()
            if key == row.address_key:
                continue
            values = {"address_key": key} | ({"address_hash": address_hash(key)} if hashed else {})
            connection.execute(table.update().where(table.c.address_key == row.address_key).values(values))
            if hashed:
                _suppress_too(connection, row.address_hash, address_hash(key))


def _suppress_too(connection: sa.Connection, old: str, new: str) -> None:
    """Let what bars an address bar it under its new hash as well; the old one may be others' too."""
    for row in connection.execute(suppressions.select().where(suppressions.c.address_hash == old)).all():
        connection.execute(suppressions.insert().values(**{**row._mapping, "address_hash": new}))
