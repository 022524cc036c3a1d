from sqlalchemy import Engine

from storage.revisions import migrate, ready


def test_migrating_twice_changes_nothing(database: Engine) -> None:
    assert migrate(database) == []
    ready(database)
