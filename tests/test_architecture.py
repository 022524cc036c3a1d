"""The house's shape, read from the sources themselves: who may import whom, and what stays in one place."""

import ast
import graphlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("content", "storage", "feeds", "newsletter", "pressroom")
MAY_IMPORT = {
    "content": (),
    "storage": ("content.newsroom", "content.settings"),
    "feeds": ("content", "storage"),
    "newsletter": ("content", "storage"),
    "pressroom": ("content", "storage", "feeds", "newsletter"),
}
# Imports inside a function put off what is heavy until it is needed: the command line starts fast.
LAZY = re.compile(r"pressroom/.*\.py|storage/revisions\.py")
# What makes a run differ from the next one has its places; everybody else is given it as an argument.
AMBIENT = {
    r"\b(datetime|date)\.(now|utcnow|today)\b": r"pressroom/clock\.py",
    r"\btime\.(time|time_ns|localtime|gmtime|ctime)\b": r"pressroom/clock\.py",
    r"\bos\.(environ|getenv)\b": r"pressroom/(cli|arguments|screen|commands/db)\.py",
    r"\bimport random\b|\bfrom random\b|\buuid[14]\b|\bfrom secrets import\b": r"(?!)",
    r"\bos\.urandom\b": r"pressroom/(chance|ownership)\.py",
}
NAMES = (ast.Attribute, ast.Import, ast.ImportFrom)
NAMES_THAT_SAY_NOTHING = {"base", "common", "core", "helpers", "manager", "misc", "tools", "util", "utils"}
NAMES_OF_THE_STANDARD_LIBRARY = {"calendar", "email", "html", "http", "json", "logging", "queue", "types"}
LONGEST = 350
NOT_OURS = {".git", ".venv", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__"}
NOT_KEPT = {"data", "public", "demo-output", "dist", "build"}
OF_ONE_MACHINE = re.compile(
    r"""(?:^|[\s"'(=@:])/(?:root|home|Users|work|mnt)/\w|index-url|://\S+/simple\b""", re.MULTILINE
)


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """Give each imported name in full: `from a import b` gives a.b, which may be a module or not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{'.' * node.level}{node.module or ''}.{alias.name}") for alias in node.names)


SOURCES = modules(*PACKAGES)
EVERYTHING = modules(*PACKAGES, "tests", "bench", "docs")
TREES = {path: ast.parse(path.read_text("utf-8"), place(path)) for path in EVERYTHING}


def test_packages_import_only_downwards() -> None:
    wrong = [
        f"{place(path)}:{node.lineno} imports {name}"
        for path in SOURCES
        for node, name in imports(TREES[path])
        if name.split(".")[0] in {*PACKAGES, "tests", "bench"} - {(own := dotted(path).split(".")[0])}
        and not any(f"{name}.".startswith(f"{allowed}.") for allowed in MAY_IMPORT[own])
    ]
    assert wrong == []


def test_modules_import_each_other_without_a_cycle() -> None:
    names = {dotted(path) for path in SOURCES}
    graph = {
        dotted(path): {
            name if name in names else name.rpartition(".")[0]
            for _, name in imports(TREES[path])
            if {name, name.rpartition(".")[0]} & (names - {dotted(path)})
        }
        for path in SOURCES
    }
    assert sum(map(len, graph.values())) > len(names), "the graph of imports was not read"
    graphlib.TopologicalSorter(graph).prepare()


def test_imports_stand_at_the_head_of_a_module() -> None:
    wrong = [
        f"{place(path)}:{node.lineno}"
        for path in SOURCES
        if not LAZY.fullmatch(place(path))
        for function in ast.walk(TREES[path])
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node, _ in imports(function)
    ]
    assert wrong == []


def test_nothing_is_mocked() -> None:
    wrong = [
        place(path) for path, tree in TREES.items() for _, name in imports(tree) if "mock" in name.split(".")
    ]
    assert wrong == []


@pytest.mark.parametrize("pattern", AMBIENT)
def test_time_chance_and_environment_come_in_as_arguments(pattern: str) -> None:
    using = {place(path) for path in SOURCES if re.search(pattern, code(TREES[path]), re.MULTILINE)}
    assert sorted(path for path in using if not re.fullmatch(AMBIENT[pattern], path)) == []


def code(tree: ast.Module) -> str:
    """Give the module without comments and texts, which may well speak of what is not done."""
    return "\n".join(ast.unparse(node) for node in ast.walk(tree) if isinstance(node, NAMES))


def test_every_module_says_what_it_is_for_and_is_short_enough_to_read() -> None:
    wrong = [place(path) for path in SOURCES if TREES[path].body and not ast.get_docstring(TREES[path])]
    wrong += [place(path) for path in SOURCES if len(path.read_text("utf-8").splitlines()) > LONGEST]
    assert wrong == []


def test_a_module_is_named_for_what_it_holds() -> None:
    forbidden = NAMES_THAT_SAY_NOTHING | NAMES_OF_THE_STANDARD_LIBRARY
    assert [place(path) for path in SOURCES if path.stem in forbidden] == []


def test_no_file_knows_the_machine_that_it_was_written_on() -> None:
    wrong = []
    for path in files(ROOT):
        found = OF_ONE_MACHINE.search(path.read_bytes().decode("utf-8", "replace"))
        wrong += [f"{place(path)}: {found[0].strip()}"] if found and path != Path(__file__) else []
    assert wrong == []


def files(folder: Path) -> Iterator[Path]:
    """Give what belongs to the project, without asking git: the tests run from an archive as well."""
    for path in folder.iterdir():
        if path.name in NOT_OURS:  # .git is a file in a worktree
            continue
        if path.is_file():
            yield path
        elif place(path) not in {*NOT_KEPT, "bench/work"}:
            yield from files(path)
