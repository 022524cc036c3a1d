"""HTML that may be shown anywhere: in a reader, in a mail, on our own pages.

nh3 takes out what is dangerous (scripts, styles, event handlers, foreign elements, wrong schemes); then one
pass over its well-formed output makes every address absolute, ids unique, headings follow the page's
own, bare addresses links, and the whole a fragment that an XML parser reads too. It does not know where
addresses lead: an `Addresses` tells.
"""

import re
from typing import Protocol

import nh3

from content.characters import clean

HIGHEST, LOWEST = 2, 6
"""Levels of headings in a text; the first is its title's."""

MAX_DEPTH = 50
"""Deeper nesting is refused. Parsers behind us stop at 256 levels, and nh3's own takes time by the square of
the depth: minutes for a megabyte of ">". Paragraphs, list items and cells are not counted, as they may be
left unclosed."""

MAX_REFERENCES = 200_000
"""More character references are refused: they too take time by the square."""

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
_TAGS = nh3.ALLOWED_TAGS | {"audio", "input", "picture", "section", "source", "track", "video"}
# Maps need ids as their authors wrote them; <bdo> shows a text as another one (see content.characters); <rtc>
# is no element any more. The W3C feed validator warns of the last two.
_TAGS -= {"area", "map", "bdo", "rtc"}
_DROPPED_WITH_CONTENT = {
    "embed", "frame", "frameset", "head", "iframe", "math", "noembed", "noframes", "noscript", "object",
    "script", "select", "style", "svg", "template", "textarea", "title",
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

_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_UNCOUNTED = frozenset(
    [
        "p",
        "li",
        "dt",
        "dd",
        "tr",
        "td",
        "th",
        "option",
        "br",
        "hr",
        "img",
        "wbr",
        "col",
        "input",
        "source",
        "track",
    ]
)
_ATTRIBUTE = re.compile(r' ([^\s"=<>/]+)="([^"]*)"')
# The tags that need a look: void, or with attributes; but no whole addresses, which most links are.
_SPECIAL = re.compile(
    r"<(?!a href=\"https?://[A-Za-z0-9.:-]+(?:[/?#][A-Za-z0-9/._~:?#@!$'()*+,;=%-]*)?\">)"
    r'(?:([a-z][a-z0-9]*)((?: [^\s"=<>/]+="[^"]*")+)|(br|hr|img|wbr|col|input|source|track))>'
)
_VOID = frozenset(["br", "hr", "img", "wbr", "col", "input", "source", "track"])
_HEADING = re.compile(r"(</?h)([1-6])(?=[ >])")
_EMPTY_ANCHOR = re.compile(r"<a>(.*?)</a>", re.DOTALL)
_LAZY = {"data-src": "src", "data-lazy-src": "src", "data-original": "src", "data-srcset": "srcset"}
# What is no running text: tags, and elements in which an address is shown as it stands.
_LITERAL = re.compile(r"(<(a|pre|code|kbd|samp)[ >].*?</\2>|<[^>]*>)", re.DOTALL)
# A bare address: up to white space or what ends a sentence; brackets only in pairs (Wikipedia has them).
_BARE = re.compile(
    r"(?<![\w/.@&;=-])(?:https?://|www\.)(?:[^\s<>()\"\u201d\u00bb&]|&amp;|\([^\s<>()]*\))+(?<![.,:;!?'*_~])"
)
_CANDIDATE = re.compile(r"\s*([^\s,]\S*[^\s,]|[^\s,])(?:\s+([0-9.]+[wx]))?\s*(?:,|$)")
_ALIGN = re.compile(r"text-align: ?(left|right|center)")
_CLASSES = {
    "footnote-reference": "footnote-reference",
    "footnote-definition": "footnote",
    "footnote-definition-label": "footnote-label",
}


class Addresses(Protocol):
    """Tells where the addresses in one text lead; None takes an address out."""

    def link(self, url: str) -> str | None: ...

    def media(self, url: str) -> str | None: ...

    def identifier(self, name: str) -> str: ...


def sanitise(html: str, addresses: Addresses) -> str:
    """Give the HTML free of everything dangerous, with absolute addresses, as a well-formed fragment.

    Raise ValueError for HTML that is nested absurdly deep.
    """
    _refuse_hopeless(html)
    safe = _cleaner.clean(clean(html))
    if any(name.lower() not in _TAGS for _, name in _ANY_TAG.findall(html)):
        # What stood in an element that was taken out may not stand where it was: a <p> within a <p>, say.
        safe = _cleaner.clean(safe)
    if "&#" in html:
        # Character references bring in what characters may not; one of nothing becomes U+FFFD.
        safe = clean(safe).replace("\ufffd", "")
    safe = safe.replace("&nbsp;", "\xa0")
    rewriter = _Rewriter(addresses)
    if _has_bare_address(safe):
        safe = rewriter.linked(safe)
    safe = _SPECIAL.sub(rewriter.tag, safe)
    if "<h" in safe:
        safe = _below_the_title(safe)
    if "<a>" in safe:
        safe = _EMPTY_ANCHOR.sub(r"\1", safe)
    return safe.strip()


def _below_the_title(html: str) -> str:
    """Shift the headings so that the highest ones come next below the page's own."""
    shift = HIGHEST - min((int(level) for _, level in _HEADING.findall(html)), default=HIGHEST)
    if not shift:
        return html
    return _HEADING.sub(lambda match: f"{match[1]}{min(int(match[2]) + shift, LOWEST)}", html)


def _refuse_hopeless(html: str) -> None:
    """Refuse what would take nh3 minutes."""
    if html.count("&") > MAX_REFERENCES:
        message = f"the text holds more than {MAX_REFERENCES:,} ampersands and angle brackets"
        raise ValueError(message)
    if html.count("<") <= MAX_DEPTH:
        return
    depth = 0
    for closing, name in _ANY_TAG.findall(html):
        if closing:
            depth -= name not in _UNCOUNTED and depth > 0
        elif name not in _UNCOUNTED and name.lower() not in _UNCOUNTED:
            depth += 1
            if depth > MAX_DEPTH:
                message = f"the text is nested more than {MAX_DEPTH} elements deep"
                raise ValueError(message)


def _has_bare_address(html: str) -> bool:
    """Tell whether an address stands outside of the attributes; nearly always a comparison of counts does."""
    return "www." in html or html.count("://") > html.count('="https://') + html.count('="http://')


class _Rewriter:
    """Rewrites the tags that need it."""

    def __init__(self, addresses: Addresses) -> None:
        self.addresses = addresses

    def linked(self, html: str) -> str:
        """Make links of bare addresses in running text."""
        parts = _LITERAL.split(html)
        # Text, element, the element's name; and so on.
        parts[0::3] = [_BARE.sub(self._link, text) if "." in text else text for text in parts[0::3]]
        parts[2::3] = [""] * len(parts[2::3])
        return "".join(parts)

    def _link(self, match: re.Match[str]) -> str:
        shown = match[0]
        return f'<a href="{shown if "://" in shown[:8] else f"https://{shown}"}">{shown}</a>'

    def tag(self, match: re.Match[str]) -> str:
        name, attributes, bare = match.groups()
        if bare is not None:
            return self._void(bare, "")
        if name in _VOID:
            return self._void(name, attributes)
        return f"<{name}{self._attributes(name, attributes)}>"

    def _void(self, name: str, attributes: str) -> str:
        if name == "input":
            if 'type="checkbox"' not in attributes:
                return ""
            return "\u2611 " if "checked=" in attributes else "\u2610 "
        written = self._attributes(name, attributes)
        if name == "img":
            return _image(written)
        return "" if name in ("source", "track") and " src" not in written else f"<{name}{written}/>"

    def _attributes(self, name: str, attributes: str) -> str:
        found = dict(_ATTRIBUTE.findall(attributes))
        if name in ("img", "source"):
            for lazy in _LAZY.keys() & found.keys():
                found[_LAZY[lazy]] = found.pop(lazy)
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
            return key, _escaped(self.addresses.identifier(_unescaped(value))) if value else None
        if key == "class":
            known = value.startswith("language-") and name == "code" and value.count(" ") == 0
            return key, value if known else _CLASSES.get(value)
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


def _image(attributes: str) -> str:
    """A picture without a source leaves its description; one without a description is said to be ornament."""
    alt = next((value for key, value in _ATTRIBUTE.findall(attributes) if key == "alt"), None)
    if ' src="' not in attributes:
        return alt or ""
    return f"<img{attributes}/>" if alt is not None else f'<img{attributes} alt=""/>'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def _escaped_or_none(text: str | None) -> str | None:
    return None if text is None else _escaped(text)


def _unescaped(text: str) -> str:
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
