"""HTML that may be shown anywhere: in a reader, in a mail, on our own pages.

nh3 takes out what is dangerous (scripts, styles, event handlers, foreign elements, wrong schemes); then one
pass over its well-formed output makes every address absolute, ids unique, headings lower than the page's
own, bare addresses links, and the whole a fragment that an XML parser reads too. It does not know where
addresses lead: an `Addresses` tells.
"""

import re
from typing import Protocol

import nh3

from content.characters import clean

MAX_DEPTH = 60
"""Deeper nesting is flattened: parsers behind us have limits (libxml2: 256), and no text needs it."""

REFUSED_DEPTH = 500
"""Deeper nesting is refused: the HTML parser takes time by the square of it (minutes for a megabyte of ">")."""

_MEDIA_SOURCE = {"src", "srcset", "sizes", "data-src", "data-srcset", "data-lazy-src", "data-original"}
_CELL = {"colspan", "rowspan", "headers", "scope", "align", "style"}
_ATTRIBUTES = {
    "*": {"id", "lang", "dir"},
    "a": {"href", "title", "hreflang"},
    "abbr": {"title"},
    "audio": {"src", "controls"},
    "blockquote": {"cite"},
    "code": {"class"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "dfn": {"title"},
    "div": {"class"},
    "img": _MEDIA_SOURCE | {"alt", "title", "width", "height"},
    "input": {"type", "checked"},
    "ins": {"cite", "datetime"},
    "li": {"value"},
    "ol": {"start", "reversed", "type"},
    "q": {"cite"},
    "source": _MEDIA_SOURCE | {"type", "media"},
    "sup": {"class"},
    "td": _CELL,
    "th": _CELL,
    "time": {"datetime"},
    "track": {"src", "kind", "srclang", "label"},
    "video": {"src", "poster", "controls", "width", "height"},
}
_TAGS = (nh3.ALLOWED_TAGS | {"audio", "input", "picture", "section", "source", "track", "video"}) - {
    "area",
    "map",
}
_DROPPED_WITH_CONTENT = {
    "embed", "frame", "frameset", "head", "iframe", "math", "noembed", "noframes", "noscript", "object", "script",
    "select", "style", "svg", "template", "textarea", "title",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto", "tel", "sms", "geo", "webcal", "ftp"}

_cleaner = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED_WITH_CONTENT,
    attributes=_ATTRIBUTES,
    filter_style_properties={"text-align"},
    url_schemes=_SCHEMES,
    link_rel=None,
    strip_comments=True,
)

_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [^\s"=<>/]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([^\s"=<>/]+)="([^"]*)"')
_ANY_OPENING = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_SELF_CLOSING = frozenset(
    "p li dt dd tr td th option br hr img wbr col input source track area meta link".split()
)
_VOID = frozenset({"br", "hr", "img", "wbr", "col", "input", "source", "track"})
_HEADINGS = {f"h{level}": f"h{min(level + 1, 6)}" for level in range(1, 7)}
_LAZY = {
    "data-src": "src", "data-lazy-src": "src", "data-original": "src", "data-srcset": "srcset",
}  # fmt: skip
_LITERAL = frozenset({"a", "pre", "code", "kbd", "samp"})
# A bare address: up to white space or what ends a sentence; brackets only in pairs (Wikipedia has them).
_BARE = re.compile(
    r"(?<![\w/.@&;=-])(?:https?://|www\.)(?:[^\s<>()\"\u201d\u00bb&]|&amp;|\([^\s<>()]*\))+(?<![.,:;!?'*_~])"
)
_CANDIDATE = re.compile(r"\s*([^\s,]\S*[^\s,]|[^\s,])(?:\s+([0-9.]+[wx]))?\s*(?:,|$)")
_ALIGN = re.compile(r"text-align: ?(left|right|center)")
_FOOTNOTES = {"footnote-reference": "footnote-reference", "footnote-definition": "footnote",
              "footnote-definition-label": "footnote-label"}  # fmt: skip


class Addresses(Protocol):
    """Tells where the addresses in one text lead; None takes an address out."""

    def link(self, url: str) -> str | None: ...

    def media(self, url: str) -> str | None: ...

    def identifier(self, name: str) -> str: ...


def sanitise(html: str, addresses: Addresses) -> str:
    """Give the HTML free of everything dangerous, with absolute addresses, as a well-formed fragment.

    Raise ValueError for HTML that is nested absurdly deep.
    """
    _refuse_deep(html)
    safe = _cleaner.clean(clean(html))
    # Character references in the source may bring in what the source's characters may not be.
    safe = clean(safe).replace("&nbsp;", "\xa0") if "&#" in html else safe.replace("&nbsp;", "\xa0")
    return _Pass(addresses, safe).result()


def _refuse_deep(html: str) -> None:
    if html.count("<") < REFUSED_DEPTH * 2:
        return
    depth = 0
    for match in _ANY_OPENING.finditer(html):
        if match[2].lower() not in _SELF_CLOSING:
            depth = max(depth - 1, 0) if match[1] else depth + 1
            if depth > REFUSED_DEPTH:
                message = f"the text is nested more than {REFUSED_DEPTH} elements deep"
                raise ValueError(message)


class _Pass:
    """One walk over the tags of clean HTML."""

    def __init__(self, addresses: Addresses, html: str) -> None:
        self.addresses = addresses
        self.html = html
        self.parts: list[str] = []
        self.shift = "<h1" in html
        self.bare = "://" in html or "www." in html
        self.literal = 0
        self.depth = 0
        self.dropped: list[bool] = []  # the open anchors: whether their tags are left out

    def result(self) -> str:
        position = 0
        for match in _TAG.finditer(self.html):
            start = match.start()
            if start > position:
                self._text(self.html[position:start])
            position = match.end()
            closing, name, attributes = match.groups()
            if closing:
                self._close(name, match[0])
            else:
                self._open(name, attributes, match[0])
        self._text(self.html[position:])
        return "".join(self.parts).strip()

    def _text(self, text: str) -> None:
        if self.bare and not self.literal and ("://" in text or "www." in text):
            text = _BARE.sub(self._linked, text)
        self.parts.append(text)

    def _linked(self, match: re.Match[str]) -> str:
        shown = match[0]
        written = shown.replace("&amp;", "&")
        address = self.addresses.link(written if "://" in written[:8] else f"https://{written}")
        return f'<a href="{_escaped(address)}">{shown}</a>' if address else shown

    def _close(self, name: str, tag: str) -> None:
        self.depth -= 1
        if self.depth >= MAX_DEPTH:
            return
        if name in _LITERAL:
            self.literal -= 1
            if name == "a" and self.dropped.pop():
                return
        elif self.shift and name in _HEADINGS:
            tag = f"</{_HEADINGS[name]}>"
        self.parts.append(tag)

    def _open(self, name: str, attributes: str, tag: str) -> None:
        if name in _VOID:
            self._void(name, attributes)
            return
        self.depth += 1
        if self.depth > MAX_DEPTH:
            return
        if name in _LITERAL:
            self.literal += 1
        if name == "a":
            attributes = self._attributes(name, attributes)
            self.dropped.append(not attributes)
            if not attributes:
                return
        elif attributes:
            attributes = self._attributes(name, attributes)
        elif not (self.shift and name in _HEADINGS):
            self.parts.append(tag)
            return
        shown = _HEADINGS[name] if self.shift and name in _HEADINGS else name
        self.parts.append(f"<{shown}{attributes}>")

    def _void(self, name: str, attributes: str) -> None:
        if name == "input":
            if 'type="checkbox"' in attributes:
                self.parts.append("\u2611 " if "checked=" in attributes else "\u2610 ")
            return
        written = self._attributes(name, attributes) if attributes else ""
        if name == "img":
            self._image(written)
        elif name not in ("source", "track") or " src" in written:
            self.parts.append(f"<{name}{written}/>")

    def _image(self, attributes: str) -> None:
        alt = next((value for key, value in _ATTRIBUTE.findall(attributes) if key == "alt"), None)
        if ' src="' not in attributes:
            self.parts.append(alt or "")
        else:
            self.parts.append(f"<img{attributes}/>" if alt is not None else f'<img{attributes} alt=""/>')

    def _attributes(self, name: str, attributes: str) -> str:
        found = dict(_ATTRIBUTE.findall(attributes))
        for lazy, real in _LAZY.items():
            if lazy in found:
                found[real] = found.pop(lazy)
        written = ""
        for key, value in found.items():
            key, new = self._attribute(name, key, value)  # noqa: PLW2901
            if new is not None:
                written += f' {key}="{new}"'
        return written

    def _attribute(self, name: str, key: str, value: str) -> tuple[str, str | None]:  # noqa: PLR0911
        if key in ("href", "cite"):
            return key, _escaped_or_none(self.addresses.link(_unescaped(value)))
        if key in ("src", "poster"):
            return key, _escaped_or_none(self.addresses.media(_unescaped(value)))
        if key == "srcset":
            return key, self._candidates(_unescaped(value))
        if key == "id":
            return key, _escaped(self.addresses.identifier(_unescaped(value)))
        if key == "class":
            known = value.startswith("language-") and name == "code" and value.count(" ") == 0
            return key, value if known else _FOOTNOTES.get(value)
        if key == "style":
            match = _ALIGN.search(value)
            return "align", match[1] if match else None
        return key, value

    def _candidates(self, value: str) -> str | None:
        written = []
        for address, size in _CANDIDATE.findall(value):
            absolute = self.addresses.media(address)
            if absolute is not None:
                written.append(_escaped(absolute).replace(",", "%2C") + (f" {size}" if size else ""))
        return ", ".join(written) or None


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def _escaped_or_none(text: str | None) -> str | None:
    return None if text is None else _escaped(text)


def _unescaped(text: str) -> str:
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
