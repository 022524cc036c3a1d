"""What befalls a service in years: it is killed, stands still, is stopped in the middle of a mail."""

import time
from http import HTTPStatus

from tests.machine.stage import Stage, until
from tests.machine.walk import AS_LONG_AS_PEOPLE_TAKE, BERIT

MAIL_TAKES = 4.0
UNTIL_IT_IS_ON_THE_WIRE = 1.5


def be_killed(stage: Stage) -> str:
    before = stage.shown("pressroom", "MainPID")
    begun = time.monotonic()
    stage.machine.said(f"kill -KILL {before}")
    until(lambda: stage.shown("pressroom", "MainPID") not in {before, "0"} and stage.serving())
    return f"killed, and back after {time.monotonic() - begun:.1f} s"


def stand_still(stage: Stage) -> str:
    """A process that is stopped gives no sign of life; the time to wait for it is made shorter for once."""
    folder = "/run/systemd/system/pressroom.service.d"
    stage.machine.said(f"mkdir -p {folder} && printf '[Service]\\nWatchdogSec=3\\n' > {folder}/soon.conf")
    stage.machine.said("systemctl daemon-reload && systemctl restart pressroom")
    before = stage.shown("pressroom", "MainPID")
    time.sleep(MAIL_TAKES)
    assert stage.shown("pressroom", "MainPID") == before, "a healthy service was started anew"
    stage.machine.said(f"kill -STOP {before}")
    until(lambda: stage.shown("pressroom", "MainPID") not in {before, "0"} and stage.serving())
    assert "watchdog" in stage.machine.said("journalctl --no-pager -u pressroom").lower()
    stage.machine.said(f"rm -r {folder} && systemctl daemon-reload && systemctl restart pressroom")
    until(stage.serving)
    return "standing still, and started anew by the watchdog"


def be_stopped_while_mailing(stage: Stage) -> str:
    """The mail on the wire is finished; the next start does not send it again."""
    stage.slow = MAIL_TAKES
    before = len(stage.mails)
    _sign_up_without_waiting(stage)
    begun = time.monotonic()
    stage.machine.said("systemctl stop pressroom")
    took = time.monotonic() - begun
    assert (stage.shown("pressroom", "Result"), len(stage.mails)) == ("success", before + 1)
    stage.slow = 0.0
    stage.machine.said("systemctl start pressroom")
    until(stage.serving)
    time.sleep(MAIL_TAKES)
    assert len(stage.mails) == before + 1, "the mail was sent again"
    stage.read = len(stage.mails)
    return f"stopping took {took:.1f} s of a mail that needs {MAIL_TAKES:.0f}; it went out once"


def _sign_up_without_waiting(stage: Stage) -> None:
    form = stage.visitor.get("/subscribe?newsletter=weekly")
    time.sleep(AS_LONG_AS_PEOPLE_TAKE)
    assert stage.visitor.post("/subscribe", {**form.form(), "address": BERIT}).status == HTTPStatus.OK
    time.sleep(UNTIL_IT_IS_ON_THE_WIRE)
