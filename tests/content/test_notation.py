from datetime import UTC, datetime

from content.newsroom import Media
from content.notation import (
    dialled,
    event_end,
    event_start,
    file_name,
    file_note,
    file_size,
    is_web_address,
    language_name,
    machine_time,
    short_address,
    webcal,
)
from tests.scenarios import an_event


def test_sizes_are_written_in_the_readers_language() -> None:
    lengths = (0, 999, 5_120, 1_234_567, 12_000_000_000_000)
    assert [file_size(length, "sv") for length in lengths] == ["0 B", "999 B", "5 kB", "1,2 MB", "12 000 GB"]
    assert file_size(1_234_567, "en") == "1.2 MB"


def test_a_file_is_noted_by_kind_and_size() -> None:
    report = Media("https://example.org/media/1/%C3%A5rs.rapport.PDF?v=1", "application/pdf", 1_200_000)
    assert file_note(report, "sv") == "PDF, 1,2 MB"
    assert file_name(report.url) == "års.rapport.PDF"
    assert file_note(Media("https://example.org/download", "text/csv"), "sv") == "CSV"


def test_only_addresses_of_the_web_are_links() -> None:
    assert is_web_address("HTTPS://example.org")
    assert not any(
        is_web_address(url) for url in (None, "", "javascript:alert(1)", "data:text/html,x", "https://")
    )


def test_small_forms() -> None:
    assert dialled("+46 (0)8-123 45 67") == "+4681234567"
    assert short_address("https://www.example.org/news/") == "www.example.org/news"
    assert webcal("https://example.org/a.ics") == "webcal://example.org/a.ics"
    assert language_name("en-GB", "sv") == "engelska (Storbritannien)"
    assert (
        machine_time(datetime(2026, 10, 2, 5, 0, 0, 999, tzinfo=UTC), "Europe/Stockholm")
        == "2026-10-02T07:00:00+02:00"
    )


def test_machines_get_an_events_days_or_moments() -> None:
    timed, whole = an_event(), an_event(starts=None)
    assert (event_start(timed), event_end(timed)) == ("2026-10-15T08:00:00+02:00", "2026-10-15")
    assert (event_start(whole), event_end(whole)) == ("2026-10-15", "2026-10-15")
