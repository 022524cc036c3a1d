"""The image, built and run on the machine: by Podman, which Debian has under the name of `docker` as well.

No registry of images is asked: the image that Python's project gives has a stand-in of the same name, a
plain Debian with its Python. A network of its own needs what a kernel may not have: it gets the machine's.
"""

import json
import time

from tests.end_to_end.commands import ROOT
from tests.machine.stage import Stage, bring

BASE = "docker.io/library/python:3.13-slim"
OURS_ALONE = "of-nobody-elses-business"
SETTINGS = """\
[containers]
netns = "host"
pids_limit = 0
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
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
        (source / private / OURS_ALONE).write_text("s3cr3t")
    stage.machine.said("systemctl stop pressroom")
    stage.machine.place = "~/checkout"
    stage.environ["BUILDAH_FORMAT"] = "docker"  # Podman's own has no health check
    prepared = time.monotonic()
    assert "ready" in stage.follow("In a container")
    built = time.monotonic()
    found = _look_inside(stage)
    stopped = _stop(stage)
    times = f"prepared in {prepared - begun:.0f} s, built and ready in {built - prepared:.0f} s"
    return f"{times}; {found}; {stopped}"


def _engine(stage: Stage) -> None:
    stage.machine.said("apt-get install -y --no-install-recommends podman podman-docker runc")
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
    assert _podman(stage, "exec newsroom id -u") == "10001"
    _podman(stage, "exec newsroom touch /tmp/new /newsroom/data/new")
    stage.machine.said("! podman exec newsroom touch /opt/pressroom/new")
    stage.machine.said("! podman exec newsroom touch /newsroom/config.yaml")
    _podman(stage, "build --target made -t made -f ~/checkout/deploy/Containerfile ~/checkout")
    assert OURS_ALONE not in _podman(stage, "run --rm --user root made find /source /opt")
    _podman(stage, "healthcheck run newsroom")
    size = json.loads(_podman(stage, "inspect --type image pressroom"))[0]["Size"] // 1_000_000
    return f"{size} MB with the base, nothing private in it, read-only but for its folders"


def _stop(stage: Stage) -> str:
    begun = time.monotonic()
    _podman(stage, "stop newsroom")
    took = time.monotonic() - begun
    code = _podman(stage, "inspect --format '{{.State.ExitCode}}' newsroom")
    log = _podman(stage, "logs newsroom")
    assert (code, "event=stopped" in log) == ("0", True), log
    return f"stopped in order in {took:.1f} s"


def _podman(stage: Stage, words: str) -> str:
    """Run it; its warnings of what this machine has not are left out."""
    return stage.machine.said(f"BUILDAH_FORMAT=docker podman {words} 2>/dev/null")
