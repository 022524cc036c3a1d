"""Templates: the operator's before ours, and every mistake told with its place."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from content.errors import TemplateProblem
from content.languages import Catalogues
from content.templates import Templates
from tests.scenarios import an_event, an_item

ROOT = Path(__file__).parent.parent.parent
PAGE = "<h1>{% block title %}{{ title }}{% endblock %}</h1>\n{{ _('Events') }}\n"


class Desk:
    """A built-in folder and an operator's, to be written into."""

    def __init__(self, folder: Path) -> None:
        self.builtin, self.own = folder / "builtin", folder / "own"
        self.own.mkdir()
        self.write("web/page.html", PAGE, self.builtin)
        self.write("email/mail.txt", "{{ title }}: {{ _('Events') }}\n", self.builtin)

    def write(self, name: str, text: str, folder: Path | None = None) -> Path:
        file = (folder or self.own) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def templates(self) -> Templates:
        return Templates(self.builtin, self.own, Catalogues())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_pages_escape_and_mails_do_not(desk: Desk) -> None:
    templates = desk.templates()
    assert templates.render("web/page.html", "en", title="<A & B>") == "<h1>&lt;A &amp; B&gt;</h1>\nEvents\n"
    assert templates.render("email/mail.txt", "en", title="<A & B>") == "<A & B>: Events\n"


def test_each_language_has_its_own_words(desk: Desk) -> None:
    templates = desk.templates()
    assert "Evenemang" in templates.render("web/page.html", "sv", title="")
    assert "Events" in templates.render("web/page.html", "en", title="")


def test_the_operators_template_comes_first_and_can_extend_the_built_in_one(desk: Desk) -> None:
    desk.write(
        "web/page.html",
        "{% extends 'builtin/web/page.html' %}{% block title %}Vi: {{ super() }}{% endblock %}",
    )
    templates = desk.templates()
    assert templates.render("web/page.html", "sv", title="A") == "<h1>Vi: A</h1>\nEvenemang\n"
    assert templates.render("builtin/web/page.html", "sv", title="A") == "<h1>A</h1>\nEvenemang\n"
    assert templates.overridden() == ("web/page.html",)
    assert templates.check() == []


def test_an_undefined_name_is_an_error_with_file_line_and_name(desk: Desk) -> None:
    file = desk.write("web/page.html", "<p>\n\n{{ titel }}</p>")
    with pytest.raises(TemplateProblem) as caught:
        desk.templates().render("web/page.html", "sv", title="A")
    assert str(caught.value) == f"{file}:3: 'titel' is undefined"


def test_a_misspelt_field_is_an_error_with_its_line(desk: Desk) -> None:
    file = desk.write("web/page.html", "{{ title }}\n{{ item.tittle }}")
    with pytest.raises(TemplateProblem, match="tittle") as caught:
        desk.templates().render("web/page.html", "sv", title="A", item=an_item())
    assert (caught.value.problem.file, caught.value.problem.line) == (str(file), 2)


@pytest.mark.parametrize(
    "text", ["{{ 1 / 0 }}", "{{ title + 1 }}", "{{ title | round }}", "{{ _('About %(name)s') }}"]
)
def test_whatever_goes_wrong_in_a_template_is_told_as_its_line(desk: Desk, text: str) -> None:
    file = desk.write("web/page.html", f"\n{text}")
    with pytest.raises(TemplateProblem) as caught:
        desk.templates().render("web/page.html", "sv", title="A")
    assert caught.value.problem.file == str(file)
    assert caught.value.problem.line == 2


def test_check_tells_every_mistake_at_once(desk: Desk) -> None:
    stray = desk.write("web/pgae.html", "")
    page = desk.write("web/page.html", "{{ titel }}\n{% include 'web/pagee.html' %}")
    mail = desk.write("email/mail.txt", "{{ title }}\n\n{% if %}")
    problems = {(problem.file, problem.line): problem.message for problem in desk.templates().check()}
    assert problems[str(stray), None] == "overrides no template of ours; did you mean 'web/page.html'?"
    assert problems[str(page), 1] == "'titel' is undefined; did you mean 'title'?"
    assert "did you mean 'web/page.html'?" in problems[str(page), None]
    assert (str(mail), 3) in problems
    assert len(problems) == 4


def test_an_unknown_filter_is_found_without_rendering(desk: Desk) -> None:
    file = desk.write("web/page.html", "\n{{ title | shout }}")
    (problem,) = desk.templates().check()
    assert (problem.file, problem.line) == (str(file), 2)
    assert "shout" in problem.message


def test_a_template_that_is_not_utf8_is_a_problem(desk: Desk) -> None:
    file = desk.write("web/page.html", "")
    file.write_bytes(b"\xe5")
    (problem,) = desk.templates().check()
    assert problem.file == str(file)
    assert "cannot be read" in problem.message
    with pytest.raises(TemplateProblem, match="cannot be read"):
        desk.templates().render("web/page.html", "sv")


def test_a_template_that_is_not_there_is_told_with_the_nearest_name(desk: Desk) -> None:
    with pytest.raises(TemplateProblem, match=r"did you mean .web/page\.html.\?"):
        desk.templates().render("web/pages.html", "sv")
    with pytest.raises(TemplateProblem, match=r"did you mean .web/page\.html.\?"):
        desk.templates().source("web/pages.html")


def test_translations_and_hidden_files_of_the_operator_are_no_templates(desk: Desk) -> None:
    desk.write("locale/sv/notes.txt", "")
    desk.write("web/.page.html.swp", "")
    desk.write("web/page.html~", "")
    assert desk.templates().check() == []


def test_a_folder_of_the_operators_that_is_not_there_is_no_trouble(desk: Desk) -> None:
    desk.own = desk.own / "nowhere"
    assert desk.templates().check() == []


def test_a_built_in_template_can_be_copied(desk: Desk) -> None:
    desk.write("web/page.html", "mine")
    templates = desk.templates()
    assert templates.names() == ("email/mail.txt", "web/page.html")
    assert templates.source("web/page.html") == PAGE


def test_a_translators_ampersand_is_text_and_not_markup(desk: Desk) -> None:
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    text = 'msgid "Events"\nmsgstr "R&D <b>100 %%</b>"\n\nmsgid "About %(name)s"\nmsgstr "<i>%(name)s</i>"\n'
    desk.write("locale/sv/pressroom.po", header + text)
    desk.write("web/page.html", "{{ _('Events') }} {{ _('About %(name)s', name=title) }}")
    templates = Templates(desk.builtin, desk.own, Catalogues(desk.own))
    assert templates.render("web/page.html", "sv", title="<x>") == (
        "R&amp;D &lt;b&gt;100 %&lt;/b&gt; &lt;i&gt;&lt;x&gt;&lt;/i&gt;"
    )
    assert templates.render("email/mail.txt", "sv", title="x") == "x: R&D <b>100 %</b>\n"


def test_markup_that_a_template_puts_into_a_sentence_stays_markup(desk: Desk) -> None:
    desk.write("web/page.html", "{{ _('About %(name)s', name='<b>x</b>' | safe) }}")
    assert desk.templates().render("web/page.html", "sv") == "Om <b>x</b>"


def test_plurals_and_trans_blocks_count(desk: Desk) -> None:
    desk.write(
        "web/page.html",
        "{{ ngettext('%(num)s more event', '%(num)s more events', count) }}"
        "{% trans num=count %}{{ num }} more event{% pluralize num %}{{ num }} more events{% endtrans %}",
    )
    assert desk.templates().render("web/page.html", "en", count=1) == "1 more event1 more event"
    assert desk.templates().render("web/page.html", "sv", count=3) == "3 evenemang till3 evenemang till"


def test_dates_are_in_the_language_of_the_page_or_in_another_that_is_named(desk: Desk) -> None:
    desk.write(
        "web/page.html",
        "{{ day | date_and_time('Europe/Stockholm') }}|{{ day | day_in('Europe/Stockholm', language='en') }}"
        "|{{ event | event_span(zone='Europe/London') }}|{{ language }} {{ direction }}",
    )
    values = {"day": datetime(2026, 10, 2, 5, tzinfo=UTC), "event": an_event()}
    assert desk.templates().render("web/page.html", "sv", **values) == (
        "2 oktober 2026 07:00|October 2, 2026"
        "|torsdag 15 oktober 2026 08:00 (centraleuropeisk sommartid)|sv ltr"
    )


def test_the_built_in_templates_may_lie_in_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("templates/web/page.html", PAGE)
    builtin = zipfile.Path(tmp_path / "t.zip", "templates/")
    assert (
        Templates(builtin, None, Catalogues()).render("web/page.html", "sv", title="A")
        == "<h1>A</h1>\nEvenemang\n"
    )


def test_the_built_in_templates_are_sound() -> None:
    templates = Templates(ROOT / "templates", None, Catalogues())
    assert templates.check() == []
    assert "web/front.html" in templates.names()
