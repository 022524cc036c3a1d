import os
import subprocess
import sys

from pressroom.ownership import gone, owner_name

SAY = "from pressroom.ownership import owner_name; print(owner_name(), flush=True); input()"


def test_a_name_is_another_at_every_call_and_its_process_is_not_gone() -> None:
    assert owner_name() != owner_name()
    assert not gone(owner_name())


def test_a_process_is_gone_when_it_has_ended_and_not_before() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SAY], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        name = process.stdout.readline().decode().strip()
        assert not gone(name)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert gone(name), "killed, though nobody has asked yet how it ended"
    assert gone(name)


def test_a_process_elsewhere_is_never_judged() -> None:
    machine, pid, born, nonce = owner_name().split("-")
    assert not gone(f"{'0' * 12}-999999-{born}-{nonce}")
    assert not gone("something else")
    assert not gone("")
    assert gone(f"{machine}-{pid}-{int(born) - 1}-{nonce}"), "the number belongs to another process now"
