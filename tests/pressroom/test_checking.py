"""`check`: everything at once, nothing changed."""

from pathlib import Path

from pressroom.bootstrap import open_pressroom
from pressroom.checking import check
from pressroom.loading import load
from tests.pressroom.newsrooms import CONFIG, a_newsroom, at, loaded, write_item
from tests.scenarios import NOW


def found(file: Path) -> list[str]:
    return [str(problem).replace(f"{file.parent}/", "") for problem in check(file, {}, at(NOW))]


def test_a_newsroom_in_order_has_no_problems(tmp_path: Path) -> None:
    assert found(a_newsroom(tmp_path)) == []
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / "public").exists()


def test_mistakes_of_content_templates_and_translations_are_found_together(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path, CONFIG + "templates: own\n")
    (tmp_path / "content" / "bad.md").write_text("---\ntitle: x\ndate: 31 February\n---\n")
    (tmp_path / "own" / "web").mkdir(parents=True)
    (tmp_path / "own" / "web" / "front.html").write_text("{% if %}")
    (tmp_path / "own" / "locale" / "sv").mkdir(parents=True)
    (tmp_path / "own" / "locale" / "sv" / "pressroom.po").write_text(
        'msgid "Events"\nmsgstr "H%(a)s"\nmsgid\n'
    )
    problems = found(file)
    for name in ("bad.md", "front.html", "pressroom.po"):
        assert any(name in each for each in problems), (name, problems)


def test_a_mistake_that_only_rendering_shows_is_found_with_its_line(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path, CONFIG + "templates: own\n")
    (tmp_path / "own" / "email").mkdir(parents=True)
    (tmp_path / "own" / "email" / "digest.txt").write_text("{{ mail.title }}\n{{ mail.nonsense.more }}\n")
    assert any("digest.txt:2: " in problem and "nonsense" in problem for problem in found(file))


def test_a_language_without_translations_is_a_warning(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path, CONFIG.replace("language: en", "language: fi"))
    (problem,) = check(file, {}, at(NOW))
    assert not problem.fatal
    assert "have no translation and appear in English" in problem.message


def test_many_files_gone_is_a_mistake_of_the_sources(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path)
    for number in range(8):
        write_item(tmp_path, f"n{number}", f"Number {number}")
    with open_pressroom(loaded(file), at(NOW)) as room:
        load(room, NOW)
    for path in (tmp_path / "content").glob("n*.md"):
        path.unlink()
    assert any("are gone at once" in problem for problem in found(file))
