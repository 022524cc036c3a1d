"""Catalogues: whole, mendable by the operator, and never a traceback when damaged."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from content.errors import CatalogueProblem
from content.languages import Catalogues, chain, direction, locale_of

ROOT = Path(__file__).parent.parent.parent
LOCALE = ROOT / "content" / "locale"
TYPE = "Content-Type: text/plain; charset=utf-8\\n"
HEADER = f'msgid ""\nmsgstr "{TYPE}Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'


def catalogue(folder: Path, language: str, text: str | bytes) -> Path:
    file = folder / "locale" / language / "pressroom.po"
    file.parent.mkdir(parents=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def words_in_use() -> Iterator[tuple[str, str]]:
    """Give every word that code and templates translate, and the file that does."""
    with (LOCALE / "babel.cfg").open(encoding="utf-8") as config:
        methods, options = parse_mapping_cfg(config)  # type: ignore[no-untyped-call]
    for file, _, message, _, _ in extract_from_dir(ROOT, method_map=methods, options_map=options):
        yield (message if isinstance(message, str) else message[0]), file


def test_every_word_in_use_is_in_the_template_of_catalogues_and_nothing_else_is() -> None:
    """After a change: `make words`, then translate what content/locale/sv/pressroom.po lacks."""
    used = dict(words_in_use())
    with (LOCALE / "pressroom.pot").open("rb") as file:
        listed = {message.id if isinstance(message.id, str) else message.id[0] for message in read_po(file)}
    assert {word: used[word] for word in used.keys() - listed} == {}
    assert listed - used.keys() - {""} == set()


def test_swedish_is_complete() -> None:
    assert Catalogues().missing("sv") == ()
    assert Catalogues().complete("sv-FI")
    assert Catalogues().complete("en-GB")


def test_the_built_in_catalogues_are_sound() -> None:
    assert Catalogues().check() == []


def test_translations_read_like_text_and_not_like_markup() -> None:
    """They go into mails and pages alike, so they hold no HTML; quotation marks are Swedish ones."""
    with (LOCALE / "sv" / "pressroom.po").open("rb") as file:
        for message in read_po(file, locale="sv"):
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            for string in filter(None, strings if message.id else ()):
                assert not any(mark in string for mark in ("<", "&", "“", "--")), string


def test_a_missing_language_is_its_parent_and_then_english(tmp_path: Path) -> None:
    catalogue(tmp_path, "pt", f'{HEADER}msgid "Events"\nmsgstr "Eventos"\n')
    catalogue(tmp_path, "pt_BR", f'{HEADER}msgid "Contacts"\nmsgstr "Contatos"\n')
    catalogues = Catalogues(tmp_path)
    words = catalogues.translations("pt-BR")
    assert [words.gettext(word) for word in ("Contacts", "Events", "News")] == ["Contatos", "Eventos", "News"]
    assert catalogues.translations("tlh").gettext("Events") == "Events"
    assert not catalogues.complete("pt-BR")
    assert "News" in catalogues.missing("pt-BR")
    assert "Events" not in catalogues.missing("pt-BR")
    assert catalogues.languages() == ("en", "pt", "pt-BR", "sv")


def test_the_operator_can_change_a_single_string_and_keep_the_others(tmp_path: Path) -> None:
    catalogue(tmp_path, "sv", f'{HEADER}msgid "Events"\nmsgstr "Kalendarium"\n')
    words = Catalogues(tmp_path).translations("sv")
    assert words.gettext("Events") == "Kalendarium"
    assert words.gettext("Contacts") == "Kontaktpersoner"


def test_a_string_without_or_with_a_guessed_translation_falls_through(tmp_path: Path) -> None:
    text = f'{HEADER}#, fuzzy\nmsgid "Events"\nmsgstr "Evenemangen?"\n\nmsgid "Contacts"\nmsgstr ""\n'
    catalogue(tmp_path, "sv", text)
    words = Catalogues(tmp_path).translations("sv")
    assert (words.gettext("Events"), words.gettext("Contacts")) == ("Evenemang", "Kontaktpersoner")
    catalogue(tmp_path, "fi", text)
    assert {"Events", "Contacts"} <= set(Catalogues(tmp_path).missing("fi"))


def test_plural_forms_are_those_of_the_language(tmp_path: Path) -> None:
    forms = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"
    header = f'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: {forms}\\n"\n\n'
    text = 'msgid "%(num)s more event"\nmsgid_plural "%(num)s more events"\n'
    strings = 'msgstr[0] "jeden"\nmsgstr[1] "kilka"\nmsgstr[2] "wiele"\n'
    catalogue(tmp_path, "pl", header + text + strings)
    words = Catalogues(tmp_path).translations("pl")
    found = [words.ngettext("%(num)s more event", "%(num)s more events", number) for number in (1, 3, 5, 22)]
    assert found == ["jeden", "kilka", "wiele", "kilka"]
    english = Catalogues().translations("en")
    assert [english.ngettext("one", "many", number) for number in (0, 1, 2)] == ["many", "one", "many"]


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        (f'{HEADER}msgid "Events"\nmsgstr "Evenemang\n', 5, "quotation"),
        (f'{HEADER}msgid "Events"\nmsgid "Again"\nmsgstr "a\\q"\n\n"stray"\n', None, ""),
        (f'{HEADER}msgid "Events"\nmsgstr[x] "a"\n', 5, "quotation"),
        (f'{HEADER}garbage here\n', 4, "no line"),
        (HEADER.encode() + b'msgid "Events"\nmsgstr "\xe5"\n', 5, "UTF-8"),
        (b"\x00\x01\x02\xff", 1, "UTF-8"),
        (HEADER.replace("n != 1", "import os") + 'msgid "Events"\nmsgstr "a"\n', None, ""),
    ],
)  # fmt: skip
def test_a_damaged_catalogue_is_a_problem_with_a_place(
    tmp_path: Path, text: str | bytes, line: int | None, part: str
) -> None:
    file = catalogue(tmp_path, "sv", text)
    catalogues = Catalogues(tmp_path)
    (problem,) = catalogues.check()
    assert problem.file == str(file)
    assert line in (None, problem.line)
    assert part in problem.message
    with pytest.raises(CatalogueProblem) as caught:
        catalogues.translations("sv")
    assert caught.value.problem == problem


def test_placeholders_that_the_msgid_has_not_are_reported(tmp_path: Path) -> None:
    file = catalogue(tmp_path, "sv", f'{HEADER}msgid "About %(name)s"\nmsgstr "Om %(namn)s"\n')
    (problem,) = Catalogues(tmp_path).check()
    assert (problem.file, problem.line, problem.key) == (str(file), 4, "About %(name)s")


def test_a_folder_without_catalogues_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "locale" / "de").mkdir(parents=True)
    assert Catalogues(tmp_path).check() == []
    assert Catalogues(tmp_path / "nowhere").languages() == ("en", "sv")


def test_languages_have_parents_directions_and_locales() -> None:
    assert chain("zh-Hant-TW") == ("zh-Hant-TW", "zh-Hant", "zh")
    assert (direction("ar"), direction("fa-IR"), direction("sv"), direction("tlh")) == (
        "rtl",
        "rtl",
        "ltr",
        "ltr",
    )
    assert locale_of("en-GB").territory == "GB"
