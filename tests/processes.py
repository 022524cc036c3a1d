"""Real processes for the tests, started first and let go together.

The code is given as text, so that a process loads only what it needs: on two cores that is what such a
test costs. It calls `ready()` when it has loaded everything, and finds its arguments in `arguments`.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECONDS = 60

PRELUDE = """
import sys
arguments = sys.argv[1:]
def ready():
    print("ready", flush=True)
    sys.stdin.readline()
"""


def together(code: str, *argument_lists: list[str]) -> list["subprocess.CompletedProcess[str]"]:
    """Run the code once for each list of arguments, from `ready()` on at the same moment."""
    command = [sys.executable, "-c", PRELUDE + code]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = [
        subprocess.Popen([*command, *arguments], text=True, cwd=ROOT, **pipes) for arguments in argument_lists
    ]
    for process in started:
        assert process.stdout is not None
        process.stdout.readline()
    ended = []
    for process in started:  # `communicate` would wait for the first before letting go of the second
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in started:
        output, errors = process.communicate(timeout=SECONDS)
        ended.append(subprocess.CompletedProcess(process.args, process.returncode, output, errors))
    return ended
