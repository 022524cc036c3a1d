"""The wheel as a stranger gets it: built, installed into an environment of its own, run from elsewhere."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("content", "storage", "feeds", "newsletter", "pressroom")
UV = Path(sys.executable).parent / "uv"

pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    run(command, folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the command of a fresh environment that holds the wheel and what the lock names, nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    environment = folder / "environment"
    run([str(UV), "venv", "--quiet", "--python", sys.executable, str(environment)], folder)
    into = [str(UV), "pip", "install", "--quiet", "--python", str(environment / "bin" / "python")]
    run([*into, "--requirement", str(ROOT / "requirements.lock"), str(wheel)], folder)
    return environment / "bin" / "pressroom"


def run(command: list[str], folder: Path) -> str:
    """Run a command with nothing of this checkout in its way; fail with what it said."""
    ours = ("PYTHON", "PRESSROOM", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    if command[0].endswith("bin/pressroom"):
        environment |= {"PYTHONWARNINGS": "error", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_wheel_holds_all_that_is_needed_and_no_more(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    for folder, inside in (("templates", "pressroom/_data/templates"), ("demo", "pressroom/_data/demo")):
        files = {
            path.relative_to(ROOT / folder).as_posix()
            for path in (ROOT / folder).rglob("*")
            if path.is_file()
        }
        assert files == {name.removeprefix(f"{inside}/") for name in names if name.startswith(f"{inside}/")}
    assert {"pressroom/_data/config.yaml", "content/locale/sv/pressroom.po"} <= set(names)
    assert any(name.startswith("storage/migrations/") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_a_newsroom_is_made_checked_and_built_from_another_folder(installed: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    run(
        [str(installed), "init", "../room", "--name", "Röda Husen", "--url", "https://news.example.org"],
        elsewhere,
    )
    assert "in order" in run([str(installed), "--config", "../room/config.yaml", "check"], elsewhere)
    run([str(installed), "--config", "../room/config.yaml", "build"], elsewhere)
    assert (tmp_path / "room/public/feeds/all/atom.xml").is_file()
    assert list(elsewhere.iterdir()) == []


def test_the_demo_runs_without_the_checkout(installed: Path, tmp_path: Path) -> None:
    said = run([str(installed), "demo"], tmp_path)
    assert "feeds/all/atom.xml" in said
    assert list(tmp_path.rglob("*.eml"))
