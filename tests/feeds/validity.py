"""The rules of the W3C feed validator, of the RSS Advisory Board's profile and of JSON Feed that matter here.

The validator is a web service that tests cannot ask; these functions name what it would complain of by
the validator's own names for it. An empty list is a valid document.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from lxml import etree, html

ATOM = "{http://www.w3.org/2005/Atom}"
MEDIA = "{http://search.yahoo.com/mrss/}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

URI = re.compile(r"[a-zA-Z][0-9a-zA-Z+\-.]*:(//)?[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]+")
TAG = re.compile(
    r"tag:[a-z0-9.-]+,\d{4}(-\d{2}(-\d{2})?)?:[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*(#[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*)?"
)
MIME = re.compile(r'[^\s()<>,;:\\"/[\]?=]+/[^\s()<>,;:\\"/[\]?=]+')
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
RFC2822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
    r"\d{4} \d\d:\d\d:\d\d [+-]\d{4}"
)
EMAIL = re.compile(r"[A-Za-z0-9_\-+.']+@([A-Za-z0-9\-]+\.)+[A-Za-z0-9][-A-Za-z0-9]*")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")
BAD_CHARACTERS = re.compile("[\x7f-\x9f\ufffe\uffff]")
RELATIONS = {"self", "alternate", "enclosure", "current", "prev-archive", "next-archive"}
FEED_ONCE = {"id", "title", "updated", "subtitle", "generator", "logo"}
FEED_ELEMENTS = {f"{ATOM}{name}" for name in FEED_ONCE | {"author", "link", "entry"}} | {f"{HISTORY}archive"}
ENTRY_ONCE = {"id", "title", "updated", "published", "summary", "content"}
ENTRY_ELEMENTS = {f"{ATOM}{name}" for name in ENTRY_ONCE | {"author", "link", "category"}}
MEDIA_ELEMENTS = {f"{MEDIA}content", f"{MEDIA}thumbnail"}
CHANNEL_ONCE = {"title", "link", "description", "docs", "generator", "language", "lastBuildDate", "image"}
CHANNEL_ELEMENTS = CHANNEL_ONCE | {"item", f"{ATOM}link", f"{HISTORY}archive"}
ITEM_ONCE = {
    "title",
    "link",
    "description",
    "guid",
    "enclosure",
    "pubDate",
    f"{CONTENT}encoded",
    f"{DC}language",
}
ITEM_ELEMENTS = ITEM_ONCE | {"category", f"{DC}creator"} | MEDIA_ELEMENTS
HTML_ELEMENTS = re.compile(
    "a|abbr|acronym|address|article|aside|audio|b|bdi|big|blockquote|br|caption|center|cite|code|col|colgroup|"
    "data|dd|del|details|dfn|div|dl|dt|em|figcaption|figure|footer|header|h[1-6]|hgroup|hr|i|img|ins|kbd|li|"
    "main|mark|nav|ol|p|picture|pre|q|rp|rt|ruby|s|samp|section|small|source|span|strike|strong|sub|summary|sup|"
    "table|tbody|td|tfoot|th|thead|time|tr|track|tt|u|ul|var|video|wbr"
)
JSON_TEXT = {"id", "url", "title", "content_html", "summary", "image", "language"}
JSON_ITEM = JSON_TEXT | {"date_published", "date_modified", "authors", "author", "tags", "attachments"}


def atom_problems(document: bytes, address: str) -> list[str]:
    feed = etree.fromstring(document)
    return [*_characters(document), *_atom_feed(feed, address), *_atom_entries(feed)]


def rss_problems(document: bytes, address: str) -> list[str]:
    channel = etree.fromstring(document).find("channel")
    return [*_characters(document), *_channel(channel, address), *_items(channel)]


def json_problems(document: bytes, address: str) -> list[str]:
    feed = json.loads(document)
    found = []
    if feed.get("version") != "https://jsonfeed.org/version/1.1" or not feed.get("title"):
        found.append("version or title is missing")
    if not address.endswith("/feed.json") or not feed["feed_url"].endswith("/feed.json"):
        found.append("feed_url")
    ids = [item.get("id") for item in feed["items"]]
    if len(set(ids)) != len(ids):
        found.append("duplicate id")
    for item in feed["items"]:
        found += _json_item(item)
    return found


def _characters(document: bytes) -> Iterator[str]:
    if BAD_CHARACTERS.search(document.decode()):
        yield "BadCharacters"


def _atom_feed(feed: Any, address: str) -> Iterator[str]:
    if feed.tag != f"{ATOM}feed":
        yield "UndefinedElement: root"
    yield from _undefined(feed, FEED_ELEMENTS)
    yield from _counted(
        feed, {f"{ATOM}{name}" for name in FEED_ONCE}, {f"{ATOM}{n}" for n in ("id", "title", "updated")}
    )
    tags = [child.tag for child in feed]
    if f"{ATOM}entry" in tags and set(tags[tags.index(f"{ATOM}entry") :]) != {f"{ATOM}entry"}:
        yield "MisplacedMetadata"
    if not LANGUAGE.fullmatch(feed.get(LANG, "")):
        yield "MissingDCLanguage"
    links = feed.findall(f"{ATOM}link")
    yield from _self(links, address, "application/atom+xml")
    kinds = [(link.get("rel", "alternate"), link.get("type"), link.get("hreflang")) for link in links]
    if len(set(kinds)) != len(kinds):
        yield "DuplicateAtomLink"
    if feed.find(f"{HISTORY}archive") is not None and not any(link.get("rel") == "current" for link in links):
        yield "MissingCurrentInArchive"
    if feed.find(f"{ATOM}author") is None:
        yield "MissingElement: author"
    yield from _persons(feed)
    yield from _dates(feed)
    yield from _uri(feed.findtext(f"{ATOM}id"))


def _atom_entries(feed: Any) -> Iterator[str]:
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.iterfind(f"{ATOM}entry")]
    if len(set(ids)) != len(ids):
        yield "DuplicateEntries"
    for entry in feed.iterfind(f"{ATOM}entry"):
        yield from _undefined(entry, ENTRY_ELEMENTS | MEDIA_ELEMENTS)
        required = {f"{ATOM}{name}" for name in ("id", "title", "updated")}
        yield from _counted(entry, {f"{ATOM}{name}" for name in ENTRY_ONCE}, required)
        yield from _uri(entry.findtext(f"{ATOM}id"))
        yield from _entry_links(entry)
        yield from _persons(entry)
        yield from _dates(entry)
        yield from _text_constructs(entry)
        yield from _media(entry)
        for category in entry.iterfind(f"{ATOM}category"):
            if not category.get("term", "").strip() or category.get("label") == "":
                yield "AttrNotBlank: category"
            if category.get("scheme") is not None:
                yield from _uri(category.get("scheme"))


def _entry_links(entry: Any) -> Iterator[str]:
    links = entry.findall(f"{ATOM}link")
    alternates = [link.get("type") for link in links if link.get("rel", "alternate") == "alternate"]
    if len(set(alternates)) != len(alternates):
        yield "DuplicateAtomLink"
    if not alternates:
        yield "MissingContentOrAlternate"
    yield from _links(links)


def _links(links: list[Any]) -> Iterator[str]:
    for link in links:
        if link.get("rel") not in RELATIONS:
            yield f"UnregisteredAtomLinkRel: {link.get('rel')}"
        if not MIME.fullmatch(link.get("type", "x/y")):
            yield "InvalidMIMEType"
        if not link.get("length", "0").isdigit():
            yield "InvalidNonNegativeInteger"
        if not link.get("title", "x").strip() or (link.text or "").strip():
            yield "AttrNotBlank: title"
        yield from _uri(link.get("href"))


def _text_constructs(entry: Any) -> Iterator[str]:
    for name in ("title", "summary", "content"):
        element = entry.find(f"{ATOM}{name}")
        if element is None:
            continue
        if element.get("type", "text") not in ("text", "html"):
            yield f"InvalidMIMEType: {element.get('type')}"
        if not (element.text or "").strip():
            yield f"NotBlank: {name}"
        if element.get("type") == "html":
            yield from _html(element.text)


def _persons(element: Any) -> Iterator[str]:
    for person in element.iterfind(f"{ATOM}author"):
        if not person.findtext(f"{ATOM}name", "").strip():
            yield "NotBlank: name"
        if not EMAIL.fullmatch(person.findtext(f"{ATOM}email", "a@example.org")):
            yield "InvalidAddrSpec"
        yield from _uri(person.findtext(f"{ATOM}uri", "https://example.org/"))


def _dates(element: Any) -> Iterator[str]:
    for name in ("published", "updated"):
        for date in element.iterfind(f"{ATOM}{name}"):
            if not RFC3339.fullmatch(date.text):
                yield f"InvalidRFC3339Date: {date.text}"
            elif datetime.fromisoformat(date.text).year < 1990:
                yield f"ImplausibleDate: {date.text}"


def _self(links: list[Any], address: str, type_: str) -> Iterator[str]:
    own = [link for link in links if link.get("rel") == "self"]
    if len(own) != 1:
        yield "MissingSelf"
    if own and own[0].get("href") != address:
        yield "SelfDoesntMatchLocation"
    if own and own[0].get("type") != type_:
        yield "SelfNotAtom"
    yield from _links(links)


def _channel(channel: Any, address: str) -> Iterator[str]:
    yield from _undefined(channel, CHANNEL_ELEMENTS)
    yield from _counted(channel, CHANNEL_ONCE, {"title", "link", "description", "language"})
    tags = [child.tag for child in channel]
    if "item" in tags and set(tags[tags.index("item") :]) != {"item"}:
        yield "MisplacedItem"
    yield from _self(channel.findall(f"{ATOM}link"), address, "application/rss+xml")
    yield from _uri(channel.findtext("link"))
    yield from _rfc2822(channel.findtext("lastBuildDate"))
    if channel.findtext("link", "").endswith(".xml"):
        yield "the channel's link is the feed's own address"
    image = channel.find("image")
    if image is not None:
        if image.findtext("title") != channel.findtext("title"):
            yield "ImageTitleDoesntMatch"
        if image.findtext("link") != channel.findtext("link"):
            yield "ImageLinkDoesntMatch"
        if image.findtext("url", "").rpartition(".")[2] not in ("jpg", "jpeg", "gif", "png"):
            yield "ImageUrlFormat"


def _items(channel: Any) -> Iterator[str]:
    guids = [item.findtext("guid") for item in channel.iterfind("item")]
    if len(set(guids)) != len(guids):
        yield "DuplicateValue: guid"
    for item in channel.iterfind("item"):
        yield from _undefined(item, ITEM_ELEMENTS)
        yield from _counted(item, ITEM_ONCE, {"title", "guid", "link", "pubDate", "description"})
        tags = [child.tag for child in item]
        if "author" in tags and f"{DC}creator" in tags:
            yield "DuplicateItemSemantics"
        if f"{CONTENT}encoded" in tags and tags.index("description") > tags.index(f"{CONTENT}encoded"):
            yield "NeedDescriptionBeforeContent"
        if item.find("guid").get("isPermaLink") != "false":
            yield "InvalidHttpGUID"
        if not item.findtext("title", "").strip() or not item.findtext(f"{DC}creator", "x").strip():
            yield "NotBlank"
        if any(not (category.text or "").strip() for category in item.iterfind("category")):
            yield "NotBlank: category"
        yield from _uri(item.findtext("guid"))
        yield from _uri(item.findtext("link"))
        yield from _rfc2822(item.findtext("pubDate"))
        yield from _html(item.findtext("description"))
        yield from _html(item.findtext(f"{CONTENT}encoded"))
        yield from _enclosure(item.find("enclosure"))
        yield from _media(item)


def _enclosure(enclosure: Any) -> Iterator[str]:
    if enclosure is None:
        return
    if not enclosure.get("length", "").isdigit():
        yield "InvalidIntegerAttribute: length"
    if not MIME.fullmatch(enclosure.get("type", "")):
        yield "InvalidMIMEAttribute"
    if urlsplit(enclosure.get("url", "")).scheme not in ("http", "https"):
        yield "InvalidURLAttribute"
    yield from _uri(enclosure.get("url"))


def _media(element: Any) -> Iterator[str]:
    allowed = {"url", "fileSize", "type", "medium", "height", "width"}
    for one in element.iter(f"{MEDIA}content", f"{MEDIA}thumbnail"):
        if set(one.keys()) - allowed:
            yield "UnexpectedAttribute: media"
        if any(
            not one.get(name, "1").isdigit() or one.get(name) == "0"
            for name in ("fileSize", "height", "width")
        ):
            yield "InvalidPositiveInteger: media"
        if one.get("medium", "image") != "image" or not MIME.fullmatch(one.get("type", "a/b")):
            yield "InvalidMediaMedium"
        yield from _uri(one.get("url"))


def _json_item(item: dict[str, Any]) -> Iterator[str]:
    if set(item) - JSON_ITEM or not {"id", "content_html"} <= set(item):
        yield f"unknown or missing: {set(item) ^ JSON_ITEM}"
    if not all(isinstance(item.get(name, "x"), str) and item.get(name, "x") for name in JSON_TEXT):
        yield "not text"
    if not RFC3339.fullmatch(item["date_published"]) or not RFC3339.fullmatch(item["date_modified"]):
        yield "date"
    for author in item.get("authors", []):
        if not set(author) & {"name", "url", "avatar"} or set(author) - {"name", "url", "avatar"}:
            yield "author"
    for attachment in item.get("attachments", []):
        if not {"url", "mime_type"} <= set(attachment) or not isinstance(
            attachment.get("size_in_bytes", 1), int
        ):
            yield "attachment"
    yield from _html(item["content_html"])


def _undefined(element: Any, allowed: set[str]) -> Iterator[str]:
    for child in element:
        if child.tag not in allowed:
            yield f"UndefinedElement: {child.tag}"


def _counted(element: Any, once: set[str], required: set[str]) -> Iterator[str]:
    counts = Counter(child.tag for child in element)
    yield from (f"DuplicateElement: {tag}" for tag in once if counts[tag] > 1)
    yield from (f"MissingElement: {tag}" for tag in required if not counts[tag])


def _uri(value: str | None) -> Iterator[str]:
    pattern = TAG if (value or "").startswith("tag:") else URI
    if not pattern.fullmatch(value or ""):
        yield f"InvalidFullLink: {value}"


def _rfc2822(value: str | None) -> Iterator[str]:
    if not RFC2822.fullmatch(value or ""):
        yield f"InvalidRFC2822Date: {value}"
    elif datetime.strptime(value or "", "%a, %d %b %Y %H:%M:%S %z").strftime("%a") != (value or "")[:3]:
        yield f"IncorrectDOW: {value}"


def _html(text: str | None) -> Iterator[str]:
    root = html.fragment_fromstring(text or "", create_parent="section")
    for element in root.iter():
        if isinstance(element.tag, str) and not HTML_ELEMENTS.fullmatch(element.tag):
            yield f"SecurityRisk: {element.tag}"
        for name, value in element.items():
            if name in ("src", "href") and not re.match(r"\w+:", value):
                yield f"ContainsRelRef: {value}"
            if name in ("href", "src", "cite", "poster") and not value.isascii():
                yield f"InvalidFullLink: {value}"
            if name.startswith("on") or value.lower().startswith("javascript:"):
                yield f"SecurityRiskAttr: {name}"
