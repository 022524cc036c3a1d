"""Decides what is written of a delivery that ended so: its state, and when it is tried again.

Pure. Called by `newsletter.delivery`; what a reply means was decided before, in `newsletter.outcome`.
"""

import re
from datetime import datetime, timedelta

from newsletter.outcome import Kind, Outcome, clean, next_attempt
from newsletter.settings import SmtpSettings
from storage.leases import Claimed, Finish

FINAL = {Kind.SENT: "sent", Kind.NEVER: "failed"}
TWO_DAYS = 48
# Each try whose answer is lost may have left a copy: a server that never answers is not fed for days.
MOST_COPIES = 3


def copies(settings: SmtpSettings) -> int:
    """Give after how many tries with a lost answer a mail is not sent again by itself."""
    return 1 if settings.uncertain == "hold" else MOST_COPIES


def finish_of(
    claimed: Claimed, outcome: Outcome, settings: SmtpSettings, now: datetime, chance: float, *, most: int
) -> Finish:
    """Decide; what is uncertain for the `most`-th time, or too old to be tried again, is held."""
    state, reply, held, again = FINAL.get(outcome.kind), outcome.reply, False, None
    attempts = claimed.attempts + 1
    if state is None:
        again = next_attempt(
            attempts=attempts,
            queued=claimed.queued,
            now=now,
            retries=settings.retries,
            give_up=settings.give_up,
            chance=chance,
        )
        if outcome.kind is Kind.UNCERTAIN:
            state = "uncertain"
            held = attempts >= most or again is None
        elif again is None:
            state, reply = "failed", clean(f"gave up after {_spell(now - claimed.queued)}: {reply}")
        else:
            state = "deferred"
    return Finish(claimed.subscriber_id, state, reply, again or now, held=held)


def code(reply: str) -> str:
    """Give a reply's numbers alone: its words may name the recipient, and a log must not."""
    match = re.match(r"\d{3}(?: \d\.\d{1,3}\.\d{1,3})?", reply)
    return match[0] if match else ""


def _spell(span: timedelta) -> str:
    hours = round(span / timedelta(hours=1))
    return f"{round(hours / 24)} days" if hours >= TWO_DAYS else f"{hours} hours"
