"""Editions: HTML and text of the same, below Gmail's limit, safe whatever is in them."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from content.errors import TemplateProblem
from newsletter.contents import narrowed
from newsletter.editions import LIMIT, Edition, EditionRenderer, render, web_page
from newsletter.errors import InliningError
from newsletter.places import MARK, PREFERENCES, UNSUBSCRIBE
from newsletter.wire import check_message
from tests.mails import (
    HOSTILE,
    READER,
    a_mail,
    built_in_templates,
    elements,
    links_of_html,
    links_of_text,
    overriding_templates,
    read,
)
from tests.scenarios import (
    NOW,
    STOCKHOLM,
    a_full_issue,
    a_full_organisation,
    a_picture,
    an_event,
    an_issue,
    an_item,
)

TEXTS = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30)), max_size=5).map("".join)
FULL = a_full_issue()


def rendered(issue: object = FULL, choice: str = "*", language: str = "sv") -> Edition:
    return render(issue, choice, language, built_in_templates())  # type: ignore[arg-type]


EDITIONS = {language: rendered(language=language) for language in ("sv", "en")}
both_languages = pytest.mark.parametrize("edition", EDITIONS.values(), ids=EDITIONS)


@both_languages
def test_the_mail_is_as_it_was_looked_at(golden: Callable[[str, str], None], edition: Edition) -> None:
    golden(f"mail/{edition.language}.txt", f"{edition.subject}\n{edition.preheader}\n\n{edition.text}")
    golden(f"mail/{edition.language}.html", edition.html)


def test_the_web_version_is_as_it_was_looked_at(golden: Callable[[str, str], None]) -> None:
    golden("mail/web.html", web_page(FULL, "sv", built_in_templates()))


@both_languages
def test_html_and_text_have_the_same_links(edition: Edition) -> None:
    assert links_of_html(edition.html) == links_of_text(edition.text)
    assert len(links_of_html(edition.html)) > 15


@both_languages
def test_every_item_and_event_is_in_both_parts(edition: Edition) -> None:
    seen = " ".join(" ".join(element.text_content().split()) for element in elements(edition.html, "//h3"))
    for piece in (*FULL.items, *FULL.events):
        assert piece.title in seen
        assert piece.title.split()[0] in edition.text
        assert piece.link in edition.text


def test_nothing_is_left_untranslated() -> None:
    """What stands in both languages alike is content, not frame."""
    swedish, english = (
        {" ".join(element.text_content().split()) for element in elements(edition.html, "//a | //h2")}
        for edition in EDITIONS.values()
    )
    content = {piece.title for piece in (*FULL.items, *FULL.events)}
    addresses = {contact.email for contact in FULL.organisation.contacts}
    assert (swedish & english) - content - addresses <= {""}


@both_languages
def test_the_page_is_fit_for_mail_programs(edition: Edition) -> None:
    page = edition.html
    assert page.startswith("<!DOCTYPE html>\n<html lang=")
    assert len(list(elements(page, "//h1"))) == 1
    assert all(re.match(r"(?:https?://|mailto:)\S+$", link) for link in links_of_html(page))
    assert [element.text for element in elements(page, "//title")] == [edition.subject]
    assert all(element.get("role") == "presentation" for element in elements(page, "//table"))
    assert not list(
        elements(page, "//script | //form | //iframe | //link | //object | //svg | //input | //button")
    )
    assert not re.search(r"(?:#fff|#000|#ffffff|#000000|white|black)\b[^-]", page, re.IGNORECASE)
    assert not re.search(r"url\(|@import|expression\(|position:|float:|flex|grid", page)


@both_languages
def test_pictures_have_alt_and_size_and_a_kind_that_is_shown(edition: Edition) -> None:
    pictures = list(elements(edition.html, "//img"))
    assert len(pictures) == 5
    for picture in pictures:
        assert picture.get("alt")
        assert int(picture.get("width")) <= 576
        assert int(picture.get("height")) > 0
        assert re.fullmatch(r"https://\S+\.(?:jpg|png)", picture.get("src"))


@both_languages
def test_style_elements_stay_below_what_gmail_keeps(edition: Edition) -> None:
    styles = [element.text for element in elements(edition.html, "//style")]
    assert len(styles) == 2
    assert all(len(style) < 8_192 for style in styles)
    assert "@media (prefers-color-scheme: dark)" in styles[1]


@both_languages
def test_padding_stands_on_cells_alone(edition: Edition) -> None:
    """Outlook's Word engine ignores it elsewhere."""
    for element in elements(edition.html, "//body//*[contains(@style, 'padding')]"):
        assert element.tag in {"td", "body"}


@both_languages
def test_text_lines_are_wrapped_but_addresses_are_not(edition: Edition) -> None:
    for line in edition.text.split("\n"):
        assert len(line) <= 76 or line.startswith(("http", "Lägg till", "Add to"))
        assert line == line.rstrip()
    assert "\n\n\n\n" not in edition.text


def test_every_class_of_the_templates_has_its_rule() -> None:
    styles = "".join(
        built_in_templates().source(f"email/{name}.css") for name in ("styles", "screen", "dark")
    )
    used = {
        name
        for element in elements(EDITIONS["sv"].html, "//*[@class]")
        for name in element.get("class").split()
    }
    assert {name for name in used if f".{name}" not in styles} == set()


def test_what_is_in_another_language_says_so() -> None:
    found = {
        (element.get("lang"), " ".join(element.text_content().split())[:20])
        for element in elements(EDITIONS["sv"].html, "//body//*[@lang]")
    }
    assert ("en", "Homes along the rail") in found
    assert ("en", "Study visit: how fou") in found
    assert {language for language, _ in found} == {"en"}
    assert {element.get("lang") for element in elements(EDITIONS["en"].html, "//body//*[@lang]")} == {"sv"}


def test_events_are_dated_in_the_readers_words() -> None:
    for language, words in {
        "sv": ("måndag 5 oktober 08:00–18:00", "INSTÄLLT · tisdag 20 oktober 13:00", "22–24 oktober"),
        "en": (
            "Monday, October 5, 8:00 AM – 6:00 PM",
            "CANCELLED · Tuesday, October 20, 1:00 PM",
            "October 22 – 24",
        ),
    }.items():
        assert all(word in EDITIONS[language].text for word in words), EDITIONS[language].text


def test_a_cancelled_event_is_marked_and_not_offered_to_calendars() -> None:
    assert "event-registrator.ics" not in EDITIONS["sv"].html
    assert "event-mote.ics" in EDITIONS["sv"].html
    cancelled = [element.text for element in elements(EDITIONS["sv"].html, "//*[@class='cancelled']")]
    assert cancelled == ["Inställt"]


def test_an_event_over_new_year_shows_both_years() -> None:
    event = an_event(starts=None, first_day=date(2026, 12, 30), last_day=date(2027, 1, 2))
    text = rendered(an_issue(events=(event,))).text
    assert "30 december 2026" in text
    assert "2 januari 2027" in text


def test_an_event_elsewhere_names_its_zone() -> None:
    event = an_event(starts=datetime(2026, 10, 15, 9, 0, tzinfo=STOCKHOLM), zone="Europe/Helsinki")
    assert "torsdag 15 oktober 10:00 (östeuropeisk sommartid)" in rendered(an_issue(events=(event,))).text


def test_a_choice_of_categories_gets_its_own_and_the_events_of_all() -> None:
    edition = rendered(choice="blog,press")
    assert edition.shown_items == ("sol", "butik", "tre")
    assert "Åtta tusen" not in edition.html
    assert "Gymnasiemässan" not in edition.html, "an event of the category news"
    assert "Mötesplats" in edition.html
    assert "Dina kategorier: Pressmeddelanden, Blogginlägg." in edition.text


def test_a_choice_is_not_told_numbers_that_are_not_its_own() -> None:
    text = rendered(choice="blog,press").text
    assert "Det finns mer i nyhetsrummet" in text
    assert "Alla evenemang" in text
    assert not re.search(r"\d (?:till|evenemang till)\b", text)


def test_a_choice_of_which_nothing_is_left_is_empty() -> None:
    issue = narrowed(an_issue(items=(an_item(category="news"),), events=()), "blog")
    assert (issue.items, issue.events) == ((), ())


@pytest.mark.parametrize("type_", ["image/svg+xml", "image/webp", "image/avif", "text/html", ""])
def test_a_picture_that_mail_programs_do_not_show_is_left_out(type_: str) -> None:
    html = rendered(an_issue(items=(an_item(image=a_picture("x.bin", "X", type=type_)),))).html
    assert "<img" not in html


@pytest.mark.parametrize(
    "url", ["data:image/png;base64,xx", "cid:x", "//example.org/x.png", "javascript:x", "mailto:a@b.org"]
)
def test_a_picture_that_cannot_be_fetched_safely_is_left_out(url: str) -> None:
    html = rendered(an_issue(items=(an_item(image=a_picture("x", "X", url=url)),))).html
    assert "<img" not in html


def test_a_link_that_is_not_safe_is_left_out_and_the_title_stays() -> None:
    edition = rendered(an_issue(items=(an_item(title="A title", link="javascript:alert(1)"),)))
    assert "javascript" not in edition.html + edition.text
    assert "A title" in edition.html
    assert links_of_html(edition.html) == links_of_text(edition.text)


def test_a_decorative_picture_is_no_link_without_a_name() -> None:
    html = rendered(an_issue(items=(an_item(image=a_picture("x.png", "", type="image/png")),))).html
    assert list(elements(html, "//img[@alt='']"))
    assert not list(elements(html, "//a/img[@alt='']"))


def test_a_large_issue_has_its_summaries_shortened_first() -> None:
    items = tuple(
        an_item(key=f"k{number}", title=f"Title {number}", summary="Long words. " * 40)
        for number in range(66)
    )
    edition = rendered(an_issue(items=items))
    assert LIMIT - 30_000 < edition.size < LIMIT
    assert edition.cut_items == ()
    assert len(max(re.findall(r"Long words\.[^<]*", edition.html), key=len)) <= 140


def test_a_huge_issue_is_cut_from_the_end_with_a_link_to_all() -> None:
    items = tuple(
        an_item(key=f"k{number}", title=f"Title {number} å" * 5, summary="Long words. " * 40)
        for number in range(300)
    )
    edition = rendered(an_issue(items=items))
    cut = len(edition.cut_items)
    assert LIMIT - 4_000 < edition.size < LIMIT
    assert edition.shown_items + edition.cut_items == tuple(item.key for item in items)
    assert f"Och {cut} till i webbversionen:\nhttps://news.example.org/newsletters/weekly/1/" in edition.text
    assert f"Och {cut} till i webbversionen</a>" in edition.html
    assert links_of_html(edition.html) == links_of_text(edition.text)
    assert UNSUBSCRIBE in edition.html
    assert f"Title {299} å" in web_page(an_issue(items=items), "sv", built_in_templates())


def test_two_hundred_events_are_cut_and_do_not_push_out_the_news() -> None:
    events = tuple(an_event(key=f"e{number}", title="A long title " * 12) for number in range(200))
    edition = rendered(an_issue(events=events, more_events=7))
    assert edition.size < LIMIT
    assert edition.cut_items == ()
    assert edition.text.count("Lägg till i kalendern") == 20
    assert "187 evenemang till:" in edition.text


def test_singular_and_plural_of_what_waits() -> None:
    assert "1 till kommer i nästa nummer; läs den" in rendered(an_issue(waiting=1)).text
    assert "2 more come in the next issue; read them" in rendered(an_issue(waiting=2), language="en").text


def test_an_issue_of_events_alone_and_one_of_items_alone_have_no_empty_headings() -> None:
    assert "KOMMANDE EVENEMANG" not in rendered(an_issue(events=())).text
    assert "NYHETER" not in rendered(an_issue(items=())).text


def test_a_publisher_with_nothing_but_a_name_is_shown_without_holes() -> None:
    organisation = a_full_organisation(about="", address=(), logo=None, contacts=(), url="ftp://example.org")
    edition = rendered(an_issue(organisation=organisation))
    assert "Kontaktpersoner" not in edition.html
    assert edition.text.startswith("Kommunförbundet Älvland\n\nVECKOBREVET\n")


@pytest.mark.parametrize("language", ["ar", "ja", "de", "pt-BR"])
def test_a_language_without_a_catalogue_has_its_own_dates_and_direction(language: str) -> None:
    edition = rendered(language=language)
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in edition.html
    assert "Unsubscribe" in edition.text
    assert "October" not in edition.text
    assert check_message(a_mail(FULL, language=language)) == []


# No shrinking: an example costs a tenth of a second.
@settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(TEXTS, TEXTS, TEXTS)
def test_no_text_breaks_out_of_its_place(title: str, summary: str, place: str) -> None:
    issue = an_issue(
        items=(an_item(title=title, summary=summary, image=a_picture("x.jpg", summary)),),
        events=(an_event(title=title, place=place),),
        intro=summary,
        organisation=a_full_organisation(name=f"Org {place}", about=summary),
    )
    mail = a_mail(issue)
    assert check_message(mail) == []
    seen = read(mail)
    plain = read(
        a_mail(an_issue(items=(an_item(image=a_picture("x.jpg", "x")),), organisation=a_full_organisation()))
    )
    tags = {"script", "title", "style", "table", "h1", "img", "a"}
    counts = [{tag: len(list(elements(part.html, f"//{tag}"))) for tag in tags} for part in (seen, plain)]
    assert counts[0]["script"] == 0
    assert all(counts[0][tag] == counts[1][tag] for tag in ("title", "style", "h1"))
    assert links_of_html(seen.html) <= links_of_text(seen.text)
    assert READER.token in seen.html
    assert MARK not in seen.html + seen.text


def test_bodies_of_ten_thousand_characters_are_bounded() -> None:
    long = "å" * 10_000
    edition = rendered(an_issue(title=long, intro=long, items=(an_item(title=long, summary=long),)))
    assert edition.size < 30_000
    assert len(edition.subject) <= 90


def test_the_web_version_has_nothing_of_a_readers() -> None:
    page = web_page(FULL, "sv", built_in_templates())
    assert not any(
        word in page for word in (UNSUBSCRIBE, PREFERENCES, "unsubscribe", "Avsluta", "preferences", MARK)
    )
    canonical = [element.get("href") for element in elements(page, "//link[@rel='canonical']")]
    assert canonical == ["https://news.example.org/newsletters/weekly/12/"]
    assert 'class="preheader"' not in page
    assert "nästa nummer" not in page


def test_the_same_issue_gives_the_same_bytes() -> None:
    assert rendered() == EDITIONS["sv"]


def test_an_override_of_the_operator_is_used_and_can_extend_ours(tmp_path: Path) -> None:
    source = '{% extends "builtin/email/digest.html" %}{% block styles %}h1 { color: #123456; }{% endblock %}'
    templates = overriding_templates(tmp_path, digest_html=source)
    assert "color:#123456" in render(FULL, "*", "sv", templates).html


def test_an_override_with_an_undefined_name_says_where(tmp_path: Path) -> None:
    templates = overriding_templates(tmp_path, digest_txt="{{ mail.title }}\n{{ mail.titel }}\n")
    with pytest.raises(TemplateProblem, match=r"digest\.txt:2.*titel"):
        render(FULL, "*", "sv", templates)


def test_an_override_whose_css_would_be_lost_is_refused(tmp_path: Path) -> None:
    templates = overriding_templates(tmp_path, styles_css="h1 { color: rgb(0 0 0 / 50%); }")
    with pytest.raises(InliningError, match="rgb"):
        render(FULL, "*", "sv", templates)


def test_an_override_without_the_way_out_cannot_be_sent(tmp_path: Path) -> None:
    templates = overriding_templates(tmp_path, digest_txt="{{ mail.title }}\n")
    with pytest.raises(Exception, match="UNSUBSCRIBE"):
        EditionRenderer(templates)(FULL, "*", "sv")


def test_an_override_that_is_too_large_is_refused(tmp_path: Path) -> None:
    templates = overriding_templates(
        tmp_path, digest_html="<html><head></head><body>" + "<p>x</p>" * 20_000 + "</body></html>"
    )
    with pytest.raises(InliningError, match="too large"):
        render(an_issue(), "*", "sv", templates)


def test_dates_are_the_newsletters_own_days() -> None:
    """Published at 23:30 in UTC is the next day in Stockholm."""
    late = NOW.replace(hour=23, minute=30) - timedelta(days=2)
    issue = an_issue(items=(an_item(published=late),))
    assert "1 oktober" in rendered(issue).text
    assert "30 september" in rendered(replace(issue, zone="UTC")).text
