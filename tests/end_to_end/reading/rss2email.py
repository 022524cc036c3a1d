"""rss2email: a mail for each id, once; what changes later is not mailed.

With `reply-changes` a new text comes as an answer to the first mail (a new title alone does not).
"""

from collections.abc import Sequence
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from tests.end_to_end.reading.entries import FEEDS, Entry, addresses, plain, run

CONFIG = """\
[DEFAULT]
from = rss2email@example.org
to = anna@example.org
email-protocol = maildir
maildir-path = {home}
maildir-mailbox = mail
body-width = -1
verbose = warning
reply-changes = {replies}
"""


class Rss2email:
    feeds = FEEDS
    unconditional = 1

    def __init__(self, home: Path, base: str, *, replies: bool = False) -> None:
        self.name = "rss2email with replies" if replies else "rss2email"
        self._home, self._replies = home, replies
        self._addresses = addresses(base)
        home.mkdir(parents=True)
        sections = [
            f"[feed.{feed.replace('/', '-').removesuffix('.xml')}]\nurl = {address}\n"
            for feed, address in self._addresses.items()
        ]
        config = CONFIG.format(home=home, replies=replies)
        (home / "rss2email.cfg").write_text("\n".join((config, *sections)), "utf-8")

    def poll(self) -> None:
        said = run(self._home, "r2e", "-c", "rss2email.cfg", "-d", "seen.json", "run")
        assert said == "", said

    def holds(self, feed: str) -> list[Entry]:
        files = (self._home / "mail" / "new").glob("*")
        mails = [BytesParser(policy=policy.default).parsebytes(file.read_bytes()) for file in files]
        address = self._addresses[feed]
        return [_entry(mail) for mail in mails if mail["X-RSS-Feed"] == address]

    def shows(self, versions: Sequence[Entry]) -> Sequence[Entry]:
        if not self._replies:
            return versions[:1]
        before = [None, *(version.text for version in versions)]
        return [version for version, text in zip(versions, before, strict=False) if version.text != text]


def _entry(mail: EmailMessage) -> Entry:
    text = mail.get_content().rpartition("\nURL: ")[0]
    return Entry(mail["X-RSS-ID"], mail["Subject"], plain(text))
