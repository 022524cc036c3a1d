"""The way of the how-to, step by step, and what must be true after each: the one of somebody who deploys.

Every step is told the stage, and gives what is worth reading; an assertion that fails ends the walk.
"""

import re
import time

from tests.end_to_end.services import link
from tests.machine import authority
from tests.machine.stage import CLIENT, NAME, Stage, later_version, until

UNSAFE = 3.0
ANNA, BERIT, CARIN = (f"{name}@example.net" for name in ("anna", "berit", "carin"))
AS_LONG_AS_PEOPLE_TAKE = 2.5


def boot(stage: Stage) -> str:
    stage.machine.boot()
    return stage.machine.said("systemctl --version | head -1")


def bring(stage: Stage) -> str:
    stage.follow("1. Bring it")
    wheel = next((stage.machine.folder / "root").glob("*.whl"))
    return f"{wheel.name}, {wheel.stat().st_size // 1024} KB"


def install(stage: Stage) -> str:
    stage.follow("2. Install it")
    size = stage.machine.said("du -sm /opt/pressroom").split()[0]
    return f"/opt/pressroom has {size} MB"


def make_the_newsroom(stage: Stage) -> str:
    """The service can read the secret, and write two folders; others can do neither."""
    stage.follow("3. The newsroom")
    stage.machine.said("printf s3cr3t > /srv/newsroom/secrets/smtp")
    as_service, as_other = (f"runuser -u {user} -- sh -c" for user in ("pressroom", "nobody"))
    assert stage.machine.said(f"{as_service} 'cat /srv/newsroom/secrets/smtp'") == "s3cr3t"
    stage.machine.said(f"! {as_other} 'cat /srv/newsroom/secrets/smtp'")
    stage.machine.said(f"! {as_other} 'ls /srv/newsroom/data'")
    stage.machine.said(f"! {as_service} 'touch /srv/newsroom/config.yaml /srv/newsroom/secrets/smtp'")
    stage.machine.said(f"! {as_service} 'touch /srv/newsroom/new'")
    return "secrets: root writes, the service reads, nobody else does"


def start_the_service(stage: Stage) -> str:
    assert "ready" in stage.follow("4. The service")
    judged = stage.machine.said("systemd-analyze security --no-pager pressroom")
    exposure = float(re.findall(r"exposure level for \S+: ([0-9.]+)", judged)[0])
    assert exposure < UNSAFE, judged
    return f"ready; systemd-analyze security: {exposure}; {memory(stage)}"


def memory(stage: Stage) -> str:
    pid = stage.shown("pressroom", "MainPID")
    held = dict(
        re.findall(r"^Vm(RSS|HWM):\s+(\d+)", stage.machine.said(f"cat /proc/{pid}/status"), re.MULTILINE)
    )
    return f"{int(held['RSS']) // 1024} MB of memory, {int(held['HWM']) // 1024} at most"


def put_nginx_in_front(stage: Stage) -> str:
    """The certificate as certbot gets it from an authority, and gets it again; nginx with it."""
    authority.found(stage.machine, stage.visitor.authority)
    authority.named_to_certbot(stage.machine)
    assert "200" in stage.follow("5. nginx in front of it")
    first = stage.machine.said(f"openssl x509 -noout -serial -in /etc/letsencrypt/live/{NAME}/cert.pem")
    stage.machine.said("certbot renew --force-renewal")
    assert first != served_serial(stage), "the renewed certificate is not served"
    return "certificate got and renewed by certbot"


def served_serial(stage: Stage) -> str:
    time.sleep(1)  # reloading, nginx lets old workers go
    asked = f"openssl s_client -connect {NAME}:443 -servername {NAME} </dev/null 2>/dev/null"
    return stage.machine.said(f"{asked} | openssl x509 -noout -serial")


def read(stage: Stage) -> str:
    """Pages, feeds and calendars, twice; and what is not for visitors."""
    for path in ("/", "/feeds/all/atom.xml", "/feeds/news/feed.json", "/feeds/events/events.ics", "/events/"):
        answer = stage.visitor.get(path, accept_encoding="br")
        assert (answer.status, answer.headers["content-encoding"]) == (200, "br"), path
        assert (
            stage.visitor.get(path, accept_encoding="br", if_none_match=answer.headers["etag"]).status == 304
        )
        assert answer.headers["strict-transport-security"]
    for path, status in {"/readyz": 200, "/metrics": 404, "/nowhere": 404}.items():
        assert stage.visitor.get(path).status == status, path
    moved = stage.visitor.plain("/events/?x=1")
    assert (moved.status, moved.headers["location"]) == (308, f"https://{NAME}/events/?x=1")
    return "pages, feeds, 304, no metrics, http leads to https"


def sign_up(stage: Stage, address: str) -> str:
    """Fill in the form as a person does; give the path of the link that came by mail."""
    form = stage.visitor.get("/subscribe?newsletter=weekly")
    time.sleep(AS_LONG_AS_PEOPLE_TAKE)
    sent = stage.visitor.post("/subscribe", {**form.form(), "address": address})
    assert sent.status == 200, sent.text
    return link(stage.mail(), "confirm").removeprefix(f"https://{NAME}")


def follow_by_mail(stage: Stage) -> str:
    """From the form to the welcome, and one's own settings; the evidence has the reader's network."""
    confirm = sign_up(stage, ANNA)
    assert stage.visitor.get(confirm).status == 200
    assert stage.visitor.post(confirm, {}).status == 200
    preferences = link(stage.mail(), "preferences").removeprefix(f"https://{NAME}")
    assert ANNA in stage.visitor.get(preferences).text
    evidence = stage.ours(f"subscribers show {ANNA}")
    assert CLIENT.rpartition(".")[0] in evidence, evidence
    return f"confirmed, welcomed; the evidence knows the network of {CLIENT}"


def keep_tokens_to_itself(stage: Stage) -> str:
    """Neither nginx's logs nor the journal have one, even when nobody answers behind nginx."""
    assert stage.visitor.get("/events/?seen=1", referer=f"https://{NAME}/preferences/t0ken").status == 200
    stage.machine.said("systemctl stop pressroom")
    assert stage.visitor.get("/confirm/t0ken").status == 502
    assert stage.visitor.get("/events/?seen=2").status == 502
    stage.machine.said("systemctl start pressroom")
    until(stage.serving)
    logs = stage.machine.said("cat /var/log/nginx/*.log; journalctl --no-pager")
    assert ("seen=1" in logs, "seen=2" in logs) == (True, True)
    tokens = stage.tokens()
    assert len(tokens) > 1, tokens
    assert [token for token in ("t0ken", *tokens) if token in logs] == []
    assert ANNA not in logs
    return f"{len(tokens)} links in mails, none of them in a log"


def copy_and_bring_back(stage: Stage) -> str:
    """What came after the copy is gone; what was in it is there again."""
    stage.follow("Copies", slice(5))
    mode = stage.machine.said("stat -c '%a %U %n' /var/backups/pressroom/*.db")
    assert mode.startswith("600 pressroom"), mode
    assert stage.shown("pressroom-backup.timer", "ActiveState") == "active"
    stage.ours(f"subscribers add {BERIT} --newsletter weekly")
    stage.follow("Copies", slice(5, None), {"2026-10-01": stage.machine.said("date +%F")})
    until(stage.serving)
    people = stage.ours("subscribers list")
    assert (ANNA in people, BERIT in people) == (True, False), people
    return mode


def upgrade(stage: Stage) -> str:
    """A later version with a later schema, and back from it."""
    stage.checkout = later_version(stage.checkout, "0.2.0")
    stage.follow("1. Bring it", by={"0.1.0": "0.2.0"})
    said = stage.follow("Upgrade", slice(5))
    assert "applied:" in said, said
    until(stage.serving)
    assert "0.2.0" in stage.ours("--version")
    stage.ours(f"subscribers add {CARIN} --newsletter weekly")
    stage.follow("Upgrade", slice(5, None))
    until(stage.serving)
    assert "0.1.0" in stage.ours("--version")
    people = stage.ours("subscribers list")
    assert (ANNA in people, CARIN in people) == (True, False), people
    return "0.1.0 to 0.2.0 with a new schema, and back"


def start_again(stage: Stage) -> str:
    """The whole machine; everything comes back by itself."""
    begun = time.monotonic()
    stage.machine.reboot()
    until(stage.serving)
    assert stage.visitor.get("/").status == 200
    assert ANNA in stage.ours("subscribers list")
    assert stage.shown("pressroom-backup.timer", "ActiveState") == "active"
    return f"back {time.monotonic() - begun:.0f} s after the order to reboot; {memory(stage)}"


def put_caddy_in_front(stage: Stage) -> str:
    stage.machine.said("systemctl disable --now nginx")
    authority.start(stage.machine, stage.visitor.authority)
    stage.follow("Caddy instead of nginx", slice(3))
    authority.named_to_caddy(stage.machine)
    stage.follow("Caddy instead of nginx", slice(3, None))
    until(lambda: _served(stage))
    read(stage)
    confirm = sign_up(stage, CARIN)
    stage.machine.said("systemctl stop pressroom")
    assert stage.visitor.get(confirm).status == 502
    stage.machine.said("systemctl start pressroom")
    until(stage.serving)
    assert stage.visitor.post(confirm, {}).status == 200
    logs = stage.machine.said("journalctl --no-pager; cat /var/log/caddy/* 2>/dev/null || true")
    assert confirm.rpartition("/")[2][:30] not in logs, "a token is in Caddy's log"
    return "the same through Caddy, whose certificate it got itself"


def _served(stage: Stage) -> bool:
    try:
        return stage.visitor.get("/healthz").status == 200
    except OSError:
        return False


def have_done_everything(stage: Stage) -> str:
    """No line of the how-to was left out."""
    everything = [line for lines in stage.lines.values() for line in lines]
    assert [line.command for line in everything if line not in stage.done] == []
    return f"{len(everything)} lines of the how-to"
