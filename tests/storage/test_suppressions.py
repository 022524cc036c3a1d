from sqlalchemy import Engine

from storage import suppressions
from storage.engine import reading, writing
from storage.suppressions import address_hash
from tests.scenarios import NOW

ANNA = address_hash("anna@example.org")
BERIT = address_hash("berit@example.org")


def test_the_first_reason_stays(database: Engine) -> None:
    with writing(database) as conn:
        assert suppressions.add(conn, ANNA, reason="complaint", detail="by a form", now=NOW)
        assert not suppressions.add(conn, ANNA, reason="hard bounce", now=NOW)
        assert suppressions.add(conn, ANNA, reason="unsubscribed", newsletter="weekly", now=NOW)
    with reading(database) as conn:
        found = suppressions.of(conn, ANNA)
    assert [(row.newsletter, row.reason, row.detail, row.since) for row in found] == [
        ("", "complaint", "by a form", NOW),
        ("weekly", "unsubscribed", "", NOW),
    ]


def test_the_suppressed_among_many_are_found(database: Engine) -> None:
    with writing(database) as conn:
        suppressions.add(conn, ANNA, reason="complaint", now=NOW)
        found = suppressions.among(conn, [ANNA, BERIT])
        assert suppressions.among(conn, []) == {}
    assert {key: [row.reason for row in rows] for key, rows in found.items()} == {ANNA: ["complaint"]}


def test_only_what_is_named_is_lifted(database: Engine) -> None:
    with writing(database) as conn:
        for newsletter in ("", "weekly", "monthly"):
            suppressions.add(conn, ANNA, reason="x", newsletter=newsletter, now=NOW)
        assert suppressions.lift(conn, ANNA, ["", "weekly"]) == 2
        assert [row.newsletter for row in suppressions.of(conn, ANNA)] == ["monthly"]
        assert suppressions.lift(conn, BERIT, ["", "monthly"]) == 0


def test_nothing_in_a_hash_leads_back_to_the_address() -> None:
    assert ANNA == address_hash("anna@example.org") != BERIT
    assert len(ANNA) == 64
    assert "anna" not in ANNA
