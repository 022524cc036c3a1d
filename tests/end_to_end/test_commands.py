"""What an operator does, by the real command: every mistake is one clear line, and nothing is ever lost."""

import json
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest

from pressroom.sink_session import Answer
from tests.end_to_end.commands import PRESSROOM, environment, mail_server, pressroom
from tests.pressroom.newsrooms import CONFIG, a_newsroom, write_item

AT = "2026-10-02T07:00"


def errors(done: "subprocess.CompletedProcess[str]") -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith("error: ")]


def subscribed(file: Path, *addresses: str) -> Path:
    for address in addresses:
        assert pressroom("subscribers", "add", address, config=file).returncode == 0
    return file


def smtp(url: str) -> dict[str, str]:
    return {"PRESSROOM_SMTP__URL": url}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_whole_way_from_a_folder_to_a_mailbox(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path)
    subscribed(file, "anna@example.org")
    built = json.loads(pressroom("build", "--json", config=file).stdout)
    assert (built["items"], built["events"], built["set_aside"]) == (1, 1, [])
    with mail_server() as (url, received):
        sent = pressroom("send", "weekly", "--at", AT, "--json", config=file, env=smtp(url))
        assert (sent.returncode, sent.stderr) == (0, "")
        again = pressroom("send", "weekly", "--at", AT, config=file, env=smtp(url))
    report = json.loads(sent.stdout)
    assert (report["outcome"], report["slot"], report["deliveries"][0]["sent"]) == ("issue", AT, 1)
    assert again.returncode == 0
    assert "nothing is due; the next run is Fri 2026-10-09 07:00 (UTC+02:00)" in again.stdout
    (mail,) = received
    message = BytesParser(policy=default).parsebytes(mail.message)
    assert (message["To"], message["Subject"]) == ("anna@example.org", "The week: The first item")
    page = tmp_path / "public" / "newsletters" / "weekly" / "1" / "index.html"
    assert "The first item" in page.read_text()
    listed = json.loads(pressroom("issues", "list", "--json", config=file).stdout)
    assert [(row["state"], row["deliveries"]) for row in listed] == [("sent", {"sent": 1})]
    last = json.loads(pressroom("schedule", "--json", config=file).stdout)[0]["last"]
    assert [(row["slot"], row["outcome"]) for row in last] == [(AT, "issue")]


def test_a_preview_changes_nothing_with_and_without_a_database(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path)
    before = contents(tmp_path)
    done = pressroom("preview", "weekly", "--at", AT, "--html", tmp_path / "x.html", config=file)
    assert done.returncode == 0, done.stderr
    assert "No mail would go out: nobody subscribes." in done.stdout
    (tmp_path / "x.html").unlink()
    assert contents(tmp_path) == before
    assert not (tmp_path / "data").exists()
    subscribed(file, "anna@example.org")
    tables = dump(tmp_path / "data" / "ledger.db")
    found = json.loads(pressroom("preview", "weekly", "--at", AT, "--json", config=file).stdout)
    assert (found["outcome"], found["readers"], found["number"]) == ("issue", 1, 1)
    assert found["editions"][0]["html_bytes"] < found["editions"][0]["limit"] == 102_400
    assert dump(tmp_path / "data" / "ledger.db") == tables
    dry = pressroom("send", "weekly", "--at", AT, "--dry-run", config=file)
    assert "would make weekly 1" in dry.stdout
    assert dump(tmp_path / "data" / "ledger.db") == tables


def dump(file: Path) -> list[str]:
    connection = sqlite3.connect(file)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_a_test_mail_goes_to_those_named_and_nothing_is_recorded(tmp_path: Path) -> None:
    file = subscribed(a_newsroom(tmp_path), "anna@example.org")
    tables = dump(tmp_path / "data" / "ledger.db")
    with mail_server() as (url, received):
        words = ("send", "weekly", "--at", AT, "--test", "ed@example.org", "eve@example.org")
        done = pressroom(*words, config=file, env=smtp(url))
    assert done.returncode == 0, done.stderr
    assert [mail.recipient for mail in received] == ["ed@example.org", "eve@example.org"]
    assert dump(tmp_path / "data" / "ledger.db") == tables


def test_three_mistakes_in_the_configuration_are_three_lines(tmp_path: Path) -> None:
    text = CONFIG.replace("fri 07:00", "fry 07:00").replace("id_authority", "id_autority") + "extra: 1\n"
    done = pressroom("check", config=a_newsroom(tmp_path, text))
    assert (done.returncode, len(errors(done))) == (1, 4)
    assert "config.yaml:16:3: feeds.id_autority: unknown key; did you mean 'id_authority'?" in done.stderr
    assert "config.yaml:20:5: newsletters.weekly.schedule: 'fry' in 'fry 07:00' is no day" in done.stderr
    assert "config.yaml:30:1: extra: unknown key" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_content_is_set_aside_with_its_place_and_the_rest_is_published(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path)
    folder = tmp_path / "content"
    (folder / "binary.md").write_bytes(bytes(range(256)) * 10)
    (folder / "latin.md").write_bytes("---\ntitle: Hallå\ndate: 2026-09-01\n---\nÅ\n".encode("latin-1"))
    (folder / "bomb.md").write_text(
        "---\ntitle: x\na: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
        "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
        "e: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n---\nx\n"
    )
    (folder / "backwards.md").write_text("---\ntitle: x\nstart: 2026-10-02\nend: 2026-10-01\n---\nx\n")
    with (folder / "huge.md").open("wb") as huge:
        huge.write(b"---\ntitle: x\ndate: 2026-09-01\n---\n")
        huge.seek(50_000_000)
        huge.write(b"x")
    done = pressroom("build", "--json", config=file)
    assert done.returncode == 1
    found = json.loads(done.stdout)
    names = {Path(each).name for each in found["set_aside"]}
    assert names == {"binary.md", "latin.md", "bomb.md", "backwards.md", "huge.md"}
    assert {Path(each["file"]).name for each in found["problems"]} >= names
    assert (found["items"], found["events"]) == (1, 1)
    checked = pressroom("check", config=file)
    assert checked.returncode == 1
    assert all(name in checked.stderr for name in names)


def test_a_title_with_a_line_break_makes_no_header(tmp_path: Path) -> None:
    file = subscribed(a_newsroom(tmp_path), "anna@example.org")
    write_item(tmp_path, "evil", r'"Evil\r\nBcc: victim@example.org\r\n\r\nbody"', date="2026-10-01 12:00")
    with mail_server() as (url, received):
        done = pressroom("send", "weekly", "--at", AT, config=file, env=smtp(url))
    assert done.returncode == 0, done.stderr
    (mail,) = received
    head = mail.message.partition(b"\r\n\r\n")[0].lower()
    assert b"\r\nbcc:" not in head
    assert b"\nbcc" not in head


def test_an_output_that_cannot_be_written_leaves_everything_as_it_was(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path)
    assert pressroom("build", config=file).returncode == 0
    before = contents(tmp_path / "public")
    write_item(tmp_path, "second", "The second item")
    in_the_way = tmp_path / "in-the-way"
    in_the_way.write_text("a file")
    done = pressroom("build", "--output", in_the_way / "public", config=file)
    assert (done.returncode, len(errors(done))) == (1, 1)
    assert str(in_the_way) in done.stderr
    full = pressroom("build", config=file, largest_file=3_000)
    assert (full.returncode, "Traceback" in full.stderr) == (1, False)
    assert contents(tmp_path / "public") == before
    assert pressroom("build", config=file).returncode == 0
    assert "The second item" in (tmp_path / "public/feeds/all/atom.xml").read_text()


def test_a_full_disk_for_the_database_loses_nothing(tmp_path: Path) -> None:
    file = subscribed(a_newsroom(tmp_path), "anna@example.org")
    write_item(tmp_path, "long", "A long item", date="2026-10-01 12:00")
    tables = dump(tmp_path / "data" / "ledger.db")
    with mail_server() as (url, received):
        full = pressroom("send", "weekly", "--at", AT, config=file, env=smtp(url), largest_file=20_000)
        assert (full.returncode, len(errors(full))) == (1, 1), full.stderr
        assert "ledger.db" in full.stderr
        assert received == []
        assert dump(tmp_path / "data" / "ledger.db") == tables
        done = pressroom("send", "weekly", "--at", AT, config=file, env=smtp(url))
    assert (done.returncode, len(received)) == (0, 1), done.stderr


def test_a_mail_server_that_is_down_loses_nothing(tmp_path: Path) -> None:
    file = subscribed(a_newsroom(tmp_path), "anna@example.org")
    with mail_server() as (url, received):
        pass
    down = pressroom("send", "weekly", "--at", AT, "--no-wait", config=file, env=smtp(url))
    assert down.returncode == 1
    assert len(errors(down)) == 1
    assert url.removeprefix("smtp://") in down.stderr
    with mail_server() as (url, received):
        up = pressroom("send", "weekly", "--at", AT, config=file, env=smtp(url))
    assert (up.returncode, len(received)) == (0, 1), up.stderr


def test_deliveries_of_a_slot_that_is_past_are_leased_by_the_real_time(tmp_path: Path) -> None:
    """Otherwise the service beside it would take them for lost, and mail them once more."""
    file = subscribed(a_newsroom(tmp_path), "anna@example.org")
    leased: list[str] = []

    def look(stage: str, _recipient: str) -> Answer | None:
        if stage == "rcpt":
            with closing(sqlite3.connect(tmp_path / "data/ledger.db")) as ledger:
                leased.extend(ledger.execute("SELECT lease_until FROM deliveries").fetchone())
        return None

    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    write_item(tmp_path, "new", "Quite new", date=(an_hour_ago - timedelta(hours=1)).isoformat())
    at = ("--now", "--at", an_hour_ago.isoformat())
    with mail_server(look) as (url, received):
        done = pressroom("send", "weekly", *at, config=file, env=smtp(url))
    assert (done.returncode, len(received)) == (0, 1), done.stderr
    assert datetime.fromisoformat(leased[0]).replace(tzinfo=UTC) > datetime.now(UTC)


def test_an_override_with_an_undefined_name_is_found_before_anything_is_sent(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path, CONFIG + "templates: own\n")
    own = tmp_path / "own" / "email"
    own.mkdir(parents=True)
    (own / "digest.txt").write_text("{{ mail.title }}\n{{ nonsense }}\n")
    subscribed(file, "anna@example.org")
    checked = pressroom("check", config=file)
    assert checked.returncode == 1
    assert f"{own / 'digest.txt'}:2: 'nonsense' is undefined" in checked.stderr
    with mail_server() as (url, received):
        sent = pressroom("send", "weekly", "--at", AT, config=file, env=smtp(url))
        assert (sent.returncode, len(errors(sent))) == (1, 1)
        assert "digest.txt:2: 'nonsense' is undefined" in sent.stderr
        (own / "digest.txt").unlink()
        assert pressroom("send", "weekly", "--at", AT, config=file, env=smtp(url)).returncode == 0
    assert len(received) == 1


def test_an_override_of_nothing_is_refused(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path, CONFIG + "templates: own\n")
    (tmp_path / "own" / "email").mkdir(parents=True)
    (tmp_path / "own" / "email" / "digset.html").write_text("x")
    done = pressroom("check", config=file)
    assert done.returncode == 1
    assert "overrides no template of ours; did you mean 'email/digest.html'?" in done.stderr


def test_many_files_gone_at_once_stop_the_build_until_it_is_allowed(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path)
    for number in range(8):
        write_item(tmp_path, f"n{number}", f"Number {number}")
    assert pressroom("build", config=file).returncode == 0
    before = contents(tmp_path / "public")
    for number in range(6):
        (tmp_path / "content" / f"n{number}.md").unlink()
    stopped = pressroom("build", config=file)
    assert (stopped.returncode, len(errors(stopped))) == (1, 1)
    assert "--allow-withdrawals" in stopped.stderr
    assert contents(tmp_path / "public") == before
    allowed = pressroom("build", "--allow-withdrawals", "--json", config=file)
    assert (allowed.returncode, len(json.loads(allowed.stdout)["withdrawn"])) == (0, 6)


def test_two_hundred_readers_with_refusals_and_broken_connections(tmp_path: Path) -> None:
    seen: dict[str, int] = {}

    def script(stage: str, recipient: str) -> Answer | None:
        number = int(recipient[1:4]) if recipient.startswith("r") else 0
        if stage == "rcpt" and number % 20 == 1:
            return Answer("550 5.1.1 nobody here")
        if stage == "rcpt" and number % 20 == 2 and not seen.setdefault(recipient, 0):
            seen[recipient] = 1
            return Answer("450 4.2.1 later")
        if stage == "mail" and len(seen) == 5 and "dropped" not in seen:
            seen["dropped"] = 1
            return Answer(drop=True)
        return None

    text = CONFIG.replace("  timeout: 5s", "  timeout: 5s\n  retries: [1s]")
    file = a_newsroom(tmp_path, text)
    people = tmp_path / "people.csv"
    people.write_text("address\n" + "".join(f"r{number:03}@example.org\n" for number in range(200)))
    imported = json.loads(pressroom("subscribers", "import", people, "--json", config=file).stdout)
    assert (imported["added"], imported["refusals"]) == (200, [])
    with mail_server(script) as (url, received):
        done = pressroom("send", "weekly", "--at", AT, "--json", config=file, env=smtp(url))
        assert done.returncode == 0, done.stderr
        again = pressroom("send", "weekly", "--at", AT, config=file, env=smtp(url))
    assert again.returncode == 0
    (counts,) = json.loads(done.stdout)["deliveries"]
    assert (counts["sent"], counts["failed"]) == (190, 10)
    recipients = [mail.recipient for mail in received]
    assert (len(recipients), len(set(recipients))) == (190, 190)


def test_a_subscribers_life(tmp_path: Path) -> None:
    file = subscribed(a_newsroom(tmp_path), "anna@example.org")
    assert "anna@example.org" in pressroom("subscribers", "list", config=file).stdout
    assert "already" in pressroom("subscribers", "add", "Anna@Example.org", config=file).stdout
    assert pressroom("subscribers", "remove", "anna@example.org", config=file).returncode == 0
    back = pressroom("subscribers", "add", "anna@example.org", config=file)
    assert (back.returncode, len(errors(back))) == (1, 1)
    assert pressroom("subscribers", "add", "anna@example.org", "--again", config=file).returncode == 0
    shown = json.loads(pressroom("subscribers", "show", "anna@example.org", "--json", config=file).stdout)
    assert len(shown["subscriber"]["evidence"]) == 2
    unsure = pressroom("subscribers", "erase", "anna@example.org", config=file)
    assert (unsure.returncode, "--yes" in unsure.stderr) == (1, True)
    assert pressroom("subscribers", "erase", "anna@example.org", "--yes", config=file).returncode == 0
    assert pressroom("subscribers", "show", "anna@example.org", config=file).returncode == 1
    assert pressroom("subscribers", "export", config=file).stdout.splitlines()[0].startswith("address,")


def test_an_issue_that_needs_approval_waits_for_it(tmp_path: Path) -> None:
    text = CONFIG.replace("    schedule: fri 07:00", "    schedule: fri 07:00\n    approval: required")
    file = subscribed(a_newsroom(tmp_path, text), "anna@example.org")
    page = tmp_path / "public/newsletters/weekly/1/index.html"
    with mail_server() as (url, received):
        waiting = pressroom("send", "weekly", "--at", AT, config=file, env=smtp(url))
        assert (waiting.returncode, received, page.exists()) == (0, [], False)
        assert "pressroom issues approve weekly 1" in waiting.stdout
        assert pressroom("issues", "approve", "weekly", "1", config=file).returncode == 0
        assert pressroom("send", "weekly", config=file, env=smtp(url)).returncode == 0
        assert (len(received), page.exists()) == (1, True)
    cancelled = pressroom("issues", "cancel", "weekly", "1", "--yes", config=file)
    assert "cannot cancel weekly 1: it is sent" in cancelled.stderr


def test_the_service_starts_publishes_and_stops_by_sigterm(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path)
    feed = tmp_path / "public/feeds/all/atom.xml"
    command = [*PRESSROOM, "--config", str(file), "run", "--log-format", "json"]
    process = subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 60
        while not feed.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        write_item(tmp_path, "second", "The second item")
        while "The second item" not in feed.read_text() and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    said = [json.loads(line)["event"] for line in out.splitlines()]
    assert said[0] == "started"
    assert said[-1] == "stopped"
    assert said.count("built") == 2


def test_the_service_does_not_start_with_a_mistake(tmp_path: Path) -> None:
    done = pressroom("run", config=a_newsroom(tmp_path, CONFIG.replace("fri 07:00", "never")))
    assert (done.returncode, len(errors(done))) == (1, 1)


@pytest.mark.parametrize("words", [("--version",), ("-h",), ("send", "-h"), ("subscribers", "import", "-h")])
def test_help_and_version_need_no_newsroom(words: tuple[str, ...]) -> None:
    done = pressroom(*words)
    assert (done.returncode, done.stderr) == (0, "")
