"""The finished mails of an issue, one per group of subscribers, and its page on the web."""

from dataclasses import dataclass

from sqlalchemy import Connection, Row, insert, select

from storage.schema import editions, issues

# Whom the page on the web is for, in the place of a choice: no category has such a name.
WEB = "/"


@dataclass(frozen=True, slots=True)
class EditionRow:
    """`message` has fixed-length places for the recipient's own values; b"" where a list was asked for."""

    id: int
    issue_id: int
    choice: str
    language: str
    subject: str
    message: bytes = b""


def add(conn: Connection, issue_id: int, choice: str, language: str, subject: str, message: bytes) -> int:
    values = {"issue_id": issue_id, "choice": choice, "language": language, "subject": subject}
    statement = insert(editions).values(**values, message=message).returning(editions.c.id)
    new_id: int = conn.execute(statement).scalar_one()
    return new_id


def find(conn: Connection, edition_id: int) -> EditionRow | None:
    row = conn.execute(select(editions).where(editions.c.id == edition_id)).one_or_none()
    return None if row is None else _edition(row)


def of_issue(conn: Connection, issue_id: int) -> list[EditionRow]:
    """Give the issue's editions without their messages; the web's is none of them."""
    columns = [column for column in editions.c if column.name != "message"]
    these = (editions.c.issue_id == issue_id, editions.c.choice != WEB)
    query = select(*columns).where(*these).order_by(editions.c.id)
    return [_edition(row) for row in conn.execute(query)]


def web_pages(conn: Connection, newsletter: str) -> dict[int, bytes]:
    """Give the pages on the web that have been made of a newsletter's issues, by the issue's id."""
    query = (
        select(editions.c.issue_id, editions.c.message)
        .join(issues, issues.c.id == editions.c.issue_id)
        .where(issues.c.newsletter == newsletter, editions.c.choice == WEB)
    )
    return {row.issue_id: bytes(row.message) for row in conn.execute(query)}


def _edition(row: Row[tuple[object, ...]]) -> EditionRow:
    return EditionRow(**row._mapping)
