from pathlib import Path

import pytest

from content.newsroom import Contact
from tests.content.newsrooms import Room, told
from tests.content.test_references import png


def room_with(tmp_path: Path, contacts: str, **organisation: object) -> Room:
    (tmp_path / "contacts.yaml").write_text(contacts)
    return Room(tmp_path, contacts=tmp_path / "contacts.yaml", **organisation)


def test_contacts_in_their_order_with_all_spellings(tmp_path: Path) -> None:
    (tmp_path / "anna.png").write_bytes(png())
    room = room_with(
        tmp_path,
        "- name: Anna **Ek**\n  roles: [Press, Director]\n  email: anna@example.org\n"
        "  phones: [08-12 34, 070-1]\n  image: anna.png\n"
        "- name: Bo\n  role: Press\n  phone: 0812345\n",
    )
    anna, bo = room.load().newsroom.organisation.contacts
    assert (anna.name, anna.roles, anna.email, anna.phones) == (
        "Anna Ek",
        ("Press", "Director"),
        "anna@example.org",
        ("08-12 34", "070-1"),
    )
    assert anna.image is not None
    assert (anna.image.alt, anna.image.width) == ("Anna Ek", 30)
    assert bo == Contact("Bo", ("Press",), None, ("0812345",))


def test_a_bad_contact_is_set_aside_with_its_line(tmp_path: Path) -> None:
    room = room_with(
        tmp_path,
        "- email: a@example.org\n- name: Bo\n  email: nobody\n- words\n"
        "- name: Cia\n  fax: 1\n  image: gone.png\n",
    )
    loaded = room.load()
    assert [contact.name for contact in loaded.newsroom.organisation.contacts] == ["Cia"]
    assert told(loaded) == [
        "contacts.yaml:1: [1].name: is missing",
        "contacts.yaml:3: [2].email: 'nobody' is no mail address",
        "contacts.yaml:4: [3]: is no contact: it needs keys, as name and email",
        "contacts.yaml:6: [4].fax: is no key of a contact (name, roles, email, phones, image)",
        "contacts.yaml:7: [4].image: there is no file gone.png",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [("a: [", "not valid YAML"), ("words", "is no list of contacts"), ("a: 1\na: 2", "twice")],
)
def test_a_contacts_file_that_cannot_be_read_is_told(tmp_path: Path, text: str, words: str) -> None:
    loaded = room_with(tmp_path, text).load()
    assert words in told(loaded)[0]
    assert loaded.newsroom.organisation.contacts == ()


def test_a_missing_contacts_file_and_logo_are_told(tmp_path: Path) -> None:
    room = Room(tmp_path, contacts=tmp_path / "nowhere.yaml", logo=tmp_path / "logo.png")
    assert told(room.load()) == [
        "logo.png: organisation.logo: cannot be read (No such file or directory)",
        "nowhere.yaml: organisation.contacts cannot be read (No such file or directory)",
    ]


def test_the_organisation_is_shown_as_it_was_set(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(png())
    room = Room(
        tmp_path,
        name="The  association",
        description="One line.\nAnother\x07.\n",
        address=" Box 1 \n\n123 45 Town\n",
        logo=tmp_path / "logo.png",
    )
    organisation = room.load().newsroom.organisation
    assert (organisation.name, organisation.about) == ("The association", "One line.\nAnother.")
    assert organisation.address == ("Box 1", "123 45 Town")
    assert organisation.logo is not None
    assert (organisation.logo.alt, organisation.logo.type) == ("The association", "image/png")


def test_the_contacts_may_lie_in_a_source_and_are_no_events(tmp_path: Path) -> None:
    room = Room(tmp_path, contacts=tmp_path / "items" / "contacts.yaml")
    room.write("contacts.yaml", "- name: Anna\n")
    loaded = room.load()
    assert told(loaded) == []
    assert len(loaded.newsroom.organisation.contacts) == 1
