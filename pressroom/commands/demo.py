"""`pressroom demo`: the whole job, on the demo newsroom."""

from pathlib import Path

import click

from pressroom import screen
from pressroom.arguments import json_option
from pressroom.demonstration import NEWSLETTER, NOW, Demonstration, demonstrate
from pressroom.progress import progress


@click.command(short_help="Do the whole job on the demo newsroom: feeds, issue, mails.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-output"),
    show_default=True,
    help="The folder to make it in; an earlier demo there is made anew.",
)
@json_option
def command(output: Path, as_json: bool) -> None:
    """See everything work, with nothing set up: the demo newsroom is built, this week's issue composed
    and delivered over SMTP to a sink on this machine, which files every mail.

    \b
    Examples:
      pressroom demo
      pressroom demo --output /tmp/newsroom --json
    """
    with progress("The demo"):
        found = demonstrate(output, screen.note if not as_json else _unheard)
    if as_json:
        screen.give_json(_plain(found))
    else:
        _show(found)


def _unheard(_text: str) -> None:
    return None


def _show(found: Demonstration) -> None:
    published, issue = found.published, found.issue
    screen.heading(f"\n{issue.organisation.name}, {NOW:%A %-d %B %Y, %H:%M}, as the demo has it")
    screen.say(f"\nFeeds and pages: {len(published.written)} files in {found.folder / 'public'}")
    for feed in found.feeds:
        screen.say(f"  {feed.url:<52}  {feed.file}")
    screen.say(f"\nIssue {found.row.number} of {NEWSLETTER}: {found.row.subject}")
    for item in issue.items:
        screen.say(f"  {item.category:<6} {item.title}")
    for event in issue.events:
        several = event.first_day != event.last_day
        days = f"{event.first_day} to {event.last_day}" if several else str(event.first_day)
        screen.say(f"  event  {event.title} ({days})")
    screen.say(f"\nMails, received over {found.server}")
    for mail in found.mails:
        screen.say(f"  {mail.eml}  ({mail.size:,} bytes)\n    to {mail.recipient}: {mail.subject}")
    first = found.mails[0]
    screen.say(f"""
Look at it
  the mail in a browser      {first.html}
  the mail in a mail program {first.eml}
  the newsroom in a browser  python3 -m http.server -d {found.folder / "public"}

Go on
  {screen.program()} -c {found.folder / "config.yaml"} preview {NEWSLETTER} --at 2026-10-09T07:00
  {screen.program()} init my-newsroom""")


def _plain(found: Demonstration) -> dict[str, object]:
    return {
        "folder": found.folder,
        "public": found.folder / "public",
        "files": len(found.published.written),
        "feeds": found.feeds,
        "issue": {
            "newsletter": NEWSLETTER,
            "number": found.row.number,
            "slot": found.row.slot,
            "subject": found.row.subject,
            "items": [{"title": item.title, "category": item.category} for item in found.issue.items],
            "events": [{"title": event.title, "first_day": event.first_day} for event in found.issue.events],
        },
        "mails": found.mails,
    }
