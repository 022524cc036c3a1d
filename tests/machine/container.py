"""The image, built and run on the machine: by Podman, which Debian has under the name of `docker` as well.

No registry of images is asked: the image that Python's project gives has a stand-in of the same name, a
plain Debian with its Python. A network of its own needs what a kernel may not have: it gets the machine's.
"""

import json
import time

from tests.end_to_end.commands import ROOT
from tests.machine.stage import Stage, bring, until

BASE = "docker.io/library/python:3.13-slim"
SETTINGS = """\
[containers]
netns = "host"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
image_default_format = "docker"
"""
STORAGE = """\
[storage]
driver = "overlay"
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
"""
PYTHON = (
    "chroot /var/tmp/image sh -c 'apt-get update && apt-get install -y --no-install-recommends python3-venv"
    " && ln -s python3 /usr/bin/python'"
)


def run_in_a_container(stage: Stage) -> str:
    """Built from a checkout with things in it that no image may have; run as the how-to says."""
    begun = time.monotonic()
    _engine(stage)
    _stand_in(stage)
    source = stage.machine.folder / "root/checkout"
    bring(ROOT, source)
    for private in ("data", "secrets", ".venv"):
        (source / private).mkdir()
        (source / private / "private").write_text("s3cr3t")
    stage.machine.said("systemctl stop pressroom")
    stage.machine.place = "/root/checkout"
    prepared = time.monotonic()
    assert "ready" in stage.follow("In a container")
    built = time.monotonic()
    found = _look_inside(stage)
    stopped = _stop(stage)
    times = f"prepared in {prepared - begun:.0f} s, built and ready in {built - prepared:.0f} s"
    return f"{times}; {found}; {stopped}"


def _engine(stage: Stage) -> None:
    stage.machine.said("apt-get install -y --no-install-recommends podman podman-docker crun")
    folder = stage.machine.folder / "etc/containers"
    (folder / "containers.conf").write_text(SETTINGS)
    (folder / "nodocker").touch()
    (folder / "storage.conf").write_text(STORAGE)


def _stand_in(stage: Stage) -> None:
    plain, image = stage.machine.folder.with_name("plain"), stage.machine.folder / "var/tmp/image"
    plain.rename(image)
    stage.machine.said(PYTHON)
    stage.machine.said(f"tar -C /var/tmp/image -c . | podman import - {BASE} && rm -r /var/tmp/image")


def _look_inside(stage: Stage) -> str:
    inside = "podman exec newsroom"
    assert stage.machine.said(f"{inside} id -u") == "10001"
    stage.machine.said(f"! {inside} touch /opt/pressroom/new")
    stage.machine.said(f"{inside} touch /tmp/new")
    assert stage.machine.said("podman run --rm --entrypoint find pressroom / -xdev -name private") == ""
    health = json.loads(stage.machine.said("podman inspect --type image pressroom"))[0]
    size = health["Size"] // 1_000_000
    stage.machine.said("podman healthcheck run newsroom")
    return f"{size} MB with the base, nothing private in it, read-only but for its folders"


def _stop(stage: Stage) -> str:
    begun = time.monotonic()
    stage.machine.said("docker stop newsroom")
    until(lambda: not stage.serving())
    code = stage.machine.said("podman inspect --format '{{.State.ExitCode}}' newsroom")
    log = stage.machine.said("docker logs newsroom")
    assert (code, "event=stopped" in log) == ("0", True), log
    return f"stopped in order in {time.monotonic() - begun:.1f} s"
