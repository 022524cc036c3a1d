"""How everything that is kept of an address is shown on the command line. Called by `subscribers show`."""

from collections.abc import Mapping
from datetime import datetime

from newsletter.people import Profile
from pressroom import screen
from storage.subscribers import Subscriber


def show(address: str, found: Profile) -> None:
    """Say it all; what is not kept is not mentioned."""
    screen.heading(address)
    if found.subscriber is not None:
        _show_subscriber(found.subscriber, found)
    if found.signup is not None:
        asked = found.signup
        screen.say(f"  asked for {', '.join(asked.newsletters)} at {_minute(asked.asked)}, not confirmed")
        screen.say("  " + _evidence(asked.evidence))
    for suppression in found.suppressions:
        where = f" for {suppression.newsletter}" if suppression.newsletter else ""
        screen.say(f"  suppressed{where}: {suppression.reason} {suppression.detail}".rstrip())
    if found.deliveries:
        screen.say()
        rows = [(row.issue_id, row.state, row.attempts, row.reply) for row in found.deliveries]
        screen.table(("ISSUE ID", "STATE", "ATTEMPTS", "THE SERVER SAID"), rows)


def _show_subscriber(who: Subscriber, found: Profile) -> None:
    screen.say(f"language: {who.language or 'the newsletter decides'}; here since {who.created:%Y-%m-%d}")
    for row in found.subscriptions:
        chosen = "all categories" if row.categories is None else ", ".join(row.categories)
        until = found.pauses.get(row.newsletter)
        paused = f", paused until {_minute(until)}" if until else ""
        screen.say(
            f"  {row.newsletter}: {row.state} since {_minute(row.ended or row.since)}, {chosen}{paused}"
        )
    if found.move is not None:
        screen.say(f"  wants to change to {found.move.address}, asked {_minute(found.move.asked)}")
    for piece in who.evidence:
        screen.say("  consent: " + _evidence(piece))


def _evidence(piece: Mapping[str, object]) -> str:
    return ", ".join(f"{key} {value}" for key, value in piece.items())


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
