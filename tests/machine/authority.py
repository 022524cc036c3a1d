"""Let's Encrypt's stand-in on the machine: Pebble, its server for tests, to which certbot and Caddy talk."""

import json
from pathlib import Path

from tests.machine.debian import Machine
from tests.machine.stage import until

DIRECTORY = "https://localhost:14000/dir"
SETTINGS = {
    "pebble": {
        "listenAddress": "127.0.0.1:14000",
        "managementListenAddress": "127.0.0.1:15000",
        "certificate": "/etc/pebble/own.pem",
        "privateKey": "/etc/pebble/own.key",
        "httpPort": 80,
        "tlsPort": 443,
    }
}
OWN = (
    "openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=localhost"
    " -addext subjectAltName=DNS:localhost -out /etc/pebble/own.pem -keyout /etc/pebble/own.key"
)
PEBBLE = (
    "systemd-run -u pebble -E PEBBLE_VA_NOSLEEP=1 -E PEBBLE_WFE_NONCEREJECT=0"
    " pebble -config /etc/pebble/settings.json"
)


def found(machine: Machine, believed: Path) -> None:
    """Start it, and write down whom visitors have to believe."""
    machine.said("apt-get install -y --no-install-recommends pebble openssl && mkdir -p /etc/pebble")
    machine.said(OWN)
    (machine.folder / "etc/pebble/settings.json").write_text(json.dumps(SETTINGS))
    start(machine, believed)


def start(machine: Machine, believed: Path) -> None:
    machine.said(PEBBLE)
    until(lambda: "BEGIN" in machine.run("curl -sk https://localhost:15000/roots/0", check=False))
    believed.write_text(machine.said("curl -sk https://localhost:15000/roots/0") + "\n")


def named_to_certbot(machine: Machine) -> None:
    with (machine.folder / "etc/letsencrypt/cli.ini").open("a") as settings:
        settings.write(f"server = {DIRECTORY}\nno-verify-ssl = true\n")


def named_to_caddy(machine: Machine) -> None:
    """What is Caddy's for the whole of it stands in the first block of its file."""
    file = machine.folder / "etc/caddy/Caddyfile"
    ours = f"{{\n\tacme_ca {DIRECTORY}\n\tacme_ca_root /etc/pebble/own.pem\n"
    file.write_text(file.read_text().replace("{\n", ours, 1))
