"""`pressroom demo`, the real command: feeds and pages built, an issue composed, mails received over SMTP."""

import html
import json
import os
import re
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import feedparser
import pytest

from pressroom.demonstration import NOW

ROOT = Path(__file__).parent.parent.parent
BASE_URL = "https://news.example.org/"
CATEGORIES = ("news", "press", "blog")

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that the command made, run once, from a working folder of its own."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "said.json").write_text(run(folder, "--output", "made", "--json"), "utf-8")
    return folder


def run(folder: Path, *arguments: str) -> str:
    # Far from Sweden, and with somebody's own settings lying about: the demo is the same everywhere.
    others = {"TZ": "Pacific/Auckland", "LC_ALL": "C", "PRESSROOM_SMTP__URL": "smtp://192.0.2.1:25"}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **others}
    command = [sys.executable, "-W", "error", "-m", "pressroom", "demo", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def public(demo: Path) -> Path:
    return demo / "made" / "public"


def mails(demo: Path) -> list[EmailMessage]:
    files = sorted((demo / "made" / "mails").glob("*.eml"))
    found = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    return [mail for mail in found if isinstance(mail, EmailMessage)]


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


def test_the_demo_says_where_everything_lies(demo: Path) -> None:
    said: dict[str, Any] = json.loads((demo / "said.json").read_text("utf-8"))
    assert said["issue"]["slot"] == f"{NOW:%Y-%m-%dT%H:%M}"
    assert all(Path(feed["file"]).is_file() for feed in said["feeds"])
    assert [path.name for path in demo.iterdir()] in (["made", "said.json"], ["said.json", "made"])


def test_every_feed_of_the_demo_has_its_entries(demo: Path) -> None:
    for name in ("all", *CATEGORIES, "events"):
        atom = feedparser.parse((public(demo) / "feeds" / name / "atom.xml").read_bytes())
        rss = feedparser.parse((public(demo) / "feeds" / name / "rss.xml").read_bytes())
        written = json.loads((public(demo) / "feeds" / name / "feed.json").read_text("utf-8"))
        ids = [entry["id"] for entry in written["items"]]
        assert not atom.bozo
        assert not rss.bozo
        assert ids == [entry.id for entry in atom.entries] == [entry.id for entry in rss.entries]
        assert len(ids) > 3


def test_what_is_under_embargo_is_nowhere(demo: Path) -> None:
    secret = "Älvlandspriset 2026"
    assert secret in (ROOT / "demo/items/alvlandspriset.md").read_text("utf-8")
    files = [path for path in (demo / "made").rglob("*") if path.suffix in {".html", ".xml", ".json", ".ics"}]
    assert [path for path in files if secret in html.unescape(path.read_text("utf-8"))] == []


def test_what_was_withdrawn_is_a_notice_in_the_feeds_and_in_no_mail(demo: Path) -> None:
    feed = feedparser.parse((public(demo) / "feeds/press/atom.xml").read_bytes())
    notice = next(entry for entry in feed.entries if "presstraff" in entry.link)
    assert "trafiknämnden har satt en tid" in notice.content[0].value
    assert all("Pressträff" not in body(mail, "plain") for mail in mails(demo))


def test_every_link_within_the_public_tree_leads_somewhere(demo: Path) -> None:
    root, wrong = public(demo), []
    for page in root.rglob("*.html"):
        targets = re.findall(r'(?:href|src)="([^"#]+)', page.read_text("utf-8"))
        for target in {html.unescape(each) for each in targets}:
            if target.startswith(BASE_URL):
                path = root / target.removeprefix(BASE_URL)
            elif re.match(r"[a-z]+:", target):
                continue
            else:
                path = root / target.lstrip("/") if target.startswith("/") else page.parent / target
            if not (path.is_file() or (path / "index.html").is_file()):
                wrong.append(f"{page.relative_to(root)}: {target}")
    assert wrong == []


def test_each_reader_gets_their_own_edition(demo: Path) -> None:
    found = {str(mail["To"]): mail for mail in mails(demo)}
    assert len(found) == 3
    assert {str(mail["Content-Language"]) for mail in found.values()} == {"sv", "en"}
    assert len({str(mail["Message-ID"]) for mail in found.values()}) == 3
    assert len({str(mail["List-Unsubscribe"]) for mail in found.values()}) == 3
    choosy = next(mail for address, mail in found.items() if "cecilia" in address)
    others = [mail for mail in found.values() if mail is not choosy]
    assert "bostader-langs-banan" not in body(choosy, "html")
    assert all("bostader-langs-banan" in body(mail, "html") for mail in others)


def test_pictures_and_links_of_the_mails_are_published(demo: Path) -> None:
    for mail in mails(demo):
        for target in set(re.findall(rf'(?:href|src)="{BASE_URL}([^"]*)"', body(mail, "html"))):
            path = public(demo) / target
            for_a_server = target.startswith(("unsubscribe/", "preferences/"))
            assert for_a_server or path.is_file() or (path / "index.html").is_file(), target


def test_the_events_are_shown_as_a_reader_would_say_them(demo: Path) -> None:
    texts = {str(mail["Content-Language"]): body(mail, "plain") for mail in mails(demo)}
    assert "tisdag 6 oktober 08:00–18:00" in texts["sv"]
    assert "15–17 oktober" in texts["sv"]
    assert "Tuesday" in texts["en"]
    assert "October 15 – 17" in texts["en"]
    assert "Registratorer" not in texts["sv"]


def test_a_second_run_makes_the_same_public_tree(demo: Path, tmp_path: Path) -> None:
    run(tmp_path, "--output", "made")
    trees = [files(root / "made" / "public") for root in (demo, tmp_path)]
    assert trees[0].keys() == trees[1].keys()
    assert [path for path in trees[0] if trees[0][path] != trees[1][path]] == []


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
