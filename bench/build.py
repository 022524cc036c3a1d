"""Times the whole build of a newsroom beside Hugo's build of the same, in one run, round by round in turn.

    .venv/bin/python bench/build.py                    1,000 and 10,000 items
    .venv/bin/python bench/build.py --items 1000 --rounds 5

Three cases each: cold (nothing built, empty database), unchanged, and one item changed. Wall and CPU time
are of the whole process with its start; medians are compared. Prints a Markdown table (see README.md).
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import material

ROOT = Path(__file__).parent.parent
FEED_FILES = ("index.xml", "rss.xml", "atom.xml", "feed.json")
CASES = ("cold", "unchanged", "one item changed")


@dataclass(frozen=True, slots=True)
class Cost:
    wall: float
    cpu: float
    peak: float


@dataclass(frozen=True, slots=True)
class Contender:
    """A builder in a folder of its own; `made` is where its result lies."""

    name: str
    folder: Path
    command: list[str]
    made: str
    forget: tuple[str, ...]

    def build(self) -> Cost:
        before = time.perf_counter()
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(self.command, cwd=self.folder, stdout=log, stderr=log)
            _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - before
        if status:
            sys.exit(f"{self.name} failed:\n{(self.folder / 'log').read_text('utf-8', 'replace')[-2000:]}")
        return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)

    def reset(self) -> None:
        for name in self.forget:
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def files(self) -> tuple[int, int]:
        """Count pages and feeds."""
        found = [path for path in (self.folder / self.made).rglob("*") if path.is_file()]
        pages = sum(path.suffix == ".html" for path in found)
        return pages, sum(path.name in FEED_FILES for path in found)


def contenders(work: Path, items: Path) -> list[Contender]:
    """Give Pressroom, and Hugo if it is there."""
    pressroom, hugo = work / "pressroom", work / "hugo"
    pressroom.mkdir(parents=True)
    (pressroom / "config.yaml").write_text(configuration(items), encoding="utf-8")
    shutil.copytree(ROOT / "bench" / "hugo", hugo)
    command = [sys.executable, "-m", "pressroom", "build"]
    found = [Contender("Pressroom", pressroom, command, "public", ("public", "data"))]
    if shutil.which("hugo"):
        arguments = ["hugo", "--quiet", "--noBuildLock", f"--contentDir={items}", f"--cacheDir={hugo}/cache"]
        found.append(Contender("Hugo", hugo, arguments, "public", ("public", "cache", "resources")))
    return found


def configuration(items: Path) -> str:
    """Give Pressroom's configuration; hugo/config.toml is the peer's."""
    categories = "".join(f"  {name}: {{title: {{en: {name.title()}}}}}\n" for name in material.CATEGORIES)
    return (
        "organisation: {name: Bench, url: https://www.example.org, timezone: Europe/Stockholm}\n"
        f"sources: [{{folder: {items}, kind: items}}]\n"
        f"categories:\n{categories}"
        'feeds: {output: public, id_authority: "example.org,2026", items: 30}\n'
        "web: {url: https://news.example.org}\n"
    )


def measure(work: Path, count: int, rounds: int, say: Callable[[str], None]) -> str:
    """Give the table's rows for a newsroom of `count` items."""
    items = work / f"items-{count}"
    shutil.rmtree(work, ignore_errors=True)
    material.write(items, count)
    found = contenders(work, items)
    for contender in found:
        contender.build()  # so that no program is read from a cold disk
    costs: dict[tuple[str, str], list[Cost]] = {}
    for number in range(rounds):
        for case in CASES:
            if case == "one item changed":
                touched = items / material.CATEGORIES[0] / "item-000000.md"
                touched.write_text(touched.read_text("utf-8") + f"\nOnce more, {number}.\n", "utf-8")
            for contender in found if number % 2 else reversed(found):
                if case == "cold":
                    contender.reset()
                cost = contender.build()
                costs.setdefault((contender.name, case), []).append(cost)
                say(f"{count:,} items, round {number + 1}, {case}, {contender.name}: {cost.wall:.2f} s")
    rows = [_row(count, case, contender.name, costs) for case in CASES for contender in found]
    made = ", ".join("{} {:,} pages and {:,} feeds".format(each.name, *each.files()) for each in found)
    return "\n".join([*rows, "", f"{count:,} items: {made}; {rounds} rounds."])


def _row(count: int, case: str, name: str, costs: dict[tuple[str, str], list[Cost]]) -> str:
    own, peer = costs[name, case], costs.get(("Hugo", case), costs[name, case])
    wall, cpu = (median(getattr(cost, kind) for cost in own) for kind in ("wall", "cpu"))
    of_wall, of_cpu = (median(getattr(cost, kind) for cost in peer) for kind in ("wall", "cpu"))
    peak = max(cost.peak for cost in own)
    return (
        f"| {count:,} | {case} | {name} | {wall:.2f} | {cpu:.2f} | {peak:,.0f} | "
        f"{wall / of_wall:.2f} | {cpu / of_cpu:.2f} |"
    )


def machine() -> str:
    """Say where and with what this was measured."""
    hugo = "Hugo is not installed: apt-get install hugo"
    if shutil.which("hugo"):
        said = subprocess.run(["hugo", "version"], capture_output=True, text=True, check=True).stdout
        hugo = " ".join(said.split()[:2])
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {hugo}; load at the start: {load}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=ROOT / "bench" / "work")
    arguments = parser.parse_args()
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # installed programs have their bytecode
    print(machine(), end="\n\n")
    tables = [
        measure(arguments.work.resolve(), count, arguments.rounds, lambda line: print(line, file=sys.stderr))
        for count in arguments.items
    ]
    print("| items | case | builder | wall s | CPU s | peak MB | wall, of Hugo | CPU, of Hugo |")
    print("|--:|:--|:--|--:|--:|--:|--:|--:|")
    print("\n".join(tables))


if __name__ == "__main__":
    main()
