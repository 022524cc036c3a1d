import io
import time

import pytest
from sqlalchemy import Engine

from newsletter import people
from newsletter.errors import ChoiceError, ImportRefused
from newsletter.exports import csv_lines
from newsletter.imports import ImportReport, Reason, Refusal, import_csv
from newsletter.mailaddress import parse_address
from newsletter.people import Consent, Offer
from storage import subscribers, suppressions
from storage.engine import open_engine, reading, writing
from storage.suppressions import address_hash
from tests.scenarios import NOW

OFFER = Offer({"weekly": ("news", "press"), "monthly": ("news",)}, ("sv", "en", "pt-BR"))
CONSENT = Consent("import people.csv", "anna", NOW)


def take(
    engine: Engine, text: str | bytes, newsletters: tuple[str, ...] = ("weekly",)
) -> tuple[ImportReport, list[Refusal]]:
    refusals: list[Refusal] = []
    octets = text.encode() if isinstance(text, str) else text
    report = import_csv(
        engine, io.BytesIO(octets), OFFER, CONSENT, newsletters=newsletters, on_refusal=refusals.append
    )
    return report, refusals


def everybody(engine: Engine) -> dict[str, tuple[str | None, dict[str, tuple[str, ...] | None]]]:
    with reading(engine) as conn:
        return {
            person.subscriber.address: (
                person.subscriber.language,
                {row.newsletter: row.categories for row in person.subscriptions if row.state == "active"},
            )
            for person in subscribers.listed(conn)
        }


@pytest.mark.parametrize(
    "text",
    [
        "address,language,categories\nanna@example.org,sv,news;press\nberit@example.org,,\n",
        "E-mail;Categories;Language\r\nanna@example.org;news,press;SV\r\nberit@example.org;;\r\n",
        "categories\tlanguage\tname\tEMAIL\npress;news\tsv\tAnna\tanna@example.org\nall\t\tB\tberit@example.org",
        '\ufeffEpost,Språk,Kategorier\n"anna@example.org","sv","news, press"\n\n,,\nberit@example.org\n',
        "language,address,categories\rsv, anna@example.org ,NEWS;Press\r,berit@example.org,*",
    ],
)
def test_columns_are_known_by_name_in_any_order_and_dress(database: Engine, text: str) -> None:
    report, refusals = take(database, text)
    assert refusals == []
    assert report.added == report.lines == 2
    assert everybody(database) == {
        "anna@example.org": ("sv", {"weekly": ("news", "press")}),
        "berit@example.org": (None, {"weekly": None}),
    }


def test_a_line_may_name_its_newsletters(database: Engine) -> None:
    report, refusals = take(
        database, "email,newsletters\na@example.org,weekly;monthly\nb@example.org,\n", ("monthly",)
    )
    assert (report.added, refusals) == (2, [])
    assert everybody(database) == {
        "a@example.org": (None, {"weekly": None, "monthly": None}),
        "b@example.org": (None, {"monthly": None}),
    }


def test_every_refused_line_has_its_number_and_reason(database: Engine) -> None:
    with writing(database) as conn:
        suppressions.add(conn, address_hash("bounced@example.org"), reason="hard bounce", now=NOW)
    take(database, "email\nleft@example.org\nhere@example.org\n")
    with writing(database) as conn:
        people.remove(conn, parse_address("left@example.org"), None, NOW)

    report, refusals = take(
        database,
        "email,language,categories,newsletters\n"
        "new@example.org,sv,news,weekly\n"
        "no address,sv,news,\n"
        "NEW@example.org,sv,news,weekly\n"
        "\n"
        "left@example.org,,,\n"
        "here@example.org,,,\n"
        "bounced@example.org,,,\n"
        "a@example.org,xx,,\n"
        "b@example.org,,sport,\n"
        "c@example.org,,,wekly\n"
        'd@example.org,,"unclosed\n'
        "e@example.org,sv,news,weekly,more\n"
        "f@example.org,PT_br,press,weekly\n"
        "<g@example.org>\n"
        "h\0@example.org\n",
    )

    assert [(refusal.line, refusal.reason) for refusal in refusals] == [
        (3, Reason.MALFORMED),
        (4, Reason.DUPLICATE),
        (9, Reason.LANGUAGE),
        (10, Reason.CATEGORY),
        (11, Reason.NEWSLETTER),
        (12, Reason.MALFORMED),
        (13, Reason.MALFORMED),
        (15, Reason.MALFORMED),
        (16, Reason.MALFORMED),
        (6, Reason.UNSUBSCRIBED),
        (7, Reason.ALREADY),
        (8, Reason.SUPPRESSED),
    ]
    assert refusals[1].detail == "the same as line 2"
    assert "there are: news, press" in refusals[3].detail
    assert "more cells than columns" in refusals[6].detail
    assert (report.lines, report.added) == (14, 2)
    assert report.refused[Reason.MALFORMED] == 5
    found = everybody(database)
    assert found["left@example.org"] == (None, {}), "an import brings nobody back"
    assert found["f@example.org"] == ("pt-BR", {"weekly": ("press",)})
    assert "bounced@example.org" not in found
    assert not any("example" in refusal.detail for refusal in refusals), "the line's number says whose"


def test_the_same_file_twice_changes_nothing(database: Engine) -> None:
    text = "email,language\na@example.org,sv\nb@example.org,en\n"
    take(database, text)
    before = everybody(database)
    report, refusals = take(database, text.replace("sv", "en"))
    assert (report.added, report.refused) == (0, {Reason.ALREADY: 2})
    assert [refusal.line for refusal in refusals] == [2, 3]
    assert everybody(database) == before


def test_another_newsletter_is_added_to_who_is_known(database: Engine) -> None:
    take(database, "email\nA@example.org\n")
    report, refusals = take(database, "email\na@example.org\n", ("weekly", "monthly"))
    assert (report.added, [refusal.detail for refusal in refusals]) == (1, ["weekly"])
    assert everybody(database) == {"A@example.org": (None, {"weekly": None, "monthly": None})}
    with reading(database) as conn:
        [person] = list(subscribers.listed(conn))
    assert [piece["newsletters"] for piece in person.subscriber.evidence] == [["weekly"], ["monthly"]]


def test_each_line_about_a_person_leaves_its_evidence(database: Engine) -> None:
    """Of one who is known already as well as of one who is new, and within one batch."""
    take(database, "email\nknown@example.org\n")
    lines = ["email,newsletters", "known@example.org,monthly", "known@example.org,daily"]
    lines += [line.replace("known", "new") for line in lines[1:]]
    offer = Offer({**OFFER.newsletters, "daily": ()}, OFFER.languages)
    file = io.BytesIO("\n".join(lines).encode())
    import_csv(database, file, offer, CONSENT, newsletters=(), on_refusal=lambda _: None)
    with reading(database) as conn:
        given = {
            person.subscriber.address: [piece["newsletters"] for piece in person.subscriber.evidence]
            for person in subscribers.listed(conn)
        }
    assert given == {
        "known@example.org": [["weekly"], ["monthly"], ["daily"]],
        "new@example.org": [["monthly"], ["daily"]],
    }


def test_the_evidence_names_file_line_person_and_time(database: Engine) -> None:
    take(database, "email\n\na@example.org\n")
    with reading(database) as conn:
        [person] = list(subscribers.listed(conn))
    assert dict(person.subscriber.evidence[0]) == {
        "source": "import people.csv",
        "by": "anna",
        "at": "2026-10-02T05:00:00+00:00",
        "newsletters": ["weekly"],
        "line": 3,
    }


def test_an_export_comes_back_as_it_went_without_those_who_left(database: Engine, sqlite_url: str) -> None:
    take(
        database, "email,newsletters,categories\n=a@example.org,weekly;monthly,news\nb@example.org,weekly,\n"
    )
    take(database, "email\nleft@example.org\n")
    with writing(database) as conn:
        people.remove(conn, parse_address("left@example.org"), None, NOW)
    with reading(database) as conn:
        exported = "".join(csv_lines(subscribers.listed(conn)))

    other = open_engine(sqlite_url)
    with writing(other) as conn:
        for person in list(subscribers.listed(conn)):
            subscribers.erase(conn, person.subscriber.id)
    report, refusals = take(other, exported)
    assert everybody(other) == {
        "=a@example.org": (None, {"weekly": ("news",), "monthly": ("news",)}),
        "b@example.org": (None, {"weekly": None}),
    }
    assert [refusal.reason for refusal in refusals] == [Reason.UNSUBSCRIBED]
    assert report.ignored_columns == ("since", "ended", "consent")
    other.dispose()


@pytest.mark.parametrize(
    ("octets", "said", "line"),
    [
        ("email\nåsa@example.org\n".encode("latin-1"), "not UTF-8 but something else (octet 0xe5)", 2),
        ("email\na@example.org\n".encode("utf-16"), "not UTF-8 but UTF-16", 1),
        (b"", "name the columns", 1),
        (b"name,language\nAnna,sv\n", "name the columns", 1),
        (b"anna@example.org\n", "name the columns", 1),
        (b"email,E-mail\na,b\n", "two columns for the address", 1),
        (b"PK\x03\x04\xff\xfe", "not UTF-8", 1),
    ],
)
def test_a_file_that_is_no_list_is_refused_whole(
    database: Engine, octets: bytes, said: str, line: int
) -> None:
    with pytest.raises(ImportRefused) as caught:
        take(database, octets)
    assert said in str(caught.value)
    assert caught.value.line == line
    assert everybody(database) == {}


def test_a_wrong_encoding_late_in_the_file_is_found_before_anything_is_taken(database: Engine) -> None:
    lines = "".join(f"reader{n}@example.org\n" for n in range(3000))
    with pytest.raises(ImportRefused, match="line 3002: "):
        take(database, f"email\n{lines}".encode() + b"\xe5sa@example.org\n")
    assert everybody(database) == {}


def test_an_unknown_newsletter_for_all_lines_is_refused_at_once(database: Engine) -> None:
    with pytest.raises(ChoiceError):
        take(database, "email\na@example.org\n", ("wekly",))


def test_a_line_without_any_newsletter_is_refused(database: Engine) -> None:
    _, refusals = take(database, "email\na@example.org\n", ())
    assert refusals == [Refusal(2, Reason.NEWSLETTER, "none is named")]


def test_ten_thousand_lines_take_seconds_and_progress_is_told(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    told: list[int] = []
    data = "email,language\n" + "".join(f"reader{n}@example{n % 30}.org,sv\n" for n in range(10_000))
    begun = time.perf_counter()
    report = import_csv(
        engine, io.BytesIO(data.encode()), OFFER, CONSENT,
        newsletters=("weekly",), on_refusal=lambda _: None, on_progress=told.append,
    )  # fmt: skip
    engine.dispose()
    assert (report.added, told[-1], len(told)) == (10_000, 10_000, 11)
    assert time.perf_counter() - begun < 30
