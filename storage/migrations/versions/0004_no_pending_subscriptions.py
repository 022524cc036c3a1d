"""A subscription is active or ended: what waits for confirmation is a sign-up and never was one."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NAME = "ck_subscriptions_state"


def upgrade() -> None:
    op.execute(sa.text("DELETE FROM subscriptions WHERE state = 'pending'"))
    with op.batch_alter_table("subscriptions") as table:
        table.drop_constraint(op.f(NAME), type_="check")
        table.create_check_constraint(op.f(NAME), "state IN ('active', 'unsubscribed')")
