"""Plain text from sanitised HTML, for mail and JSON; excerpts; and titles freed from markup.

`text_of` and `excerpt` read only what `content.sanitising` made: well-formed, with absolute addresses and
no entity but the four of XML. They need no parser therefore, and cost a tenth of one. Pure.
"""

import html
import re

from content.characters import one_line

EXCERPT_LENGTH = 300

_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)([^>]*)>")
_ATTRIBUTE = re.compile(r' (href|alt|class|start)="([^"]*)"')
_SPACES = re.compile(r"[ \t\n\f\r]+")

_BLOCKS = frozenset(
    ["address", "article", "aside", "blockquote", "caption", "center", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "li", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"]
)  # fmt: skip
_TIGHT = frozenset({"li", "tr", "dd", "dt", "figcaption"})

_PARAGRAPH = re.compile(r"<p(?: [^>]*)?>(.*?)</p>", re.DOTALL)
_ANY_TAG = re.compile(r"<[^>]*>")
_LEFT_OUT = re.compile(
    r"<sup class=\"footnote-(?:reference|label)\">.*?</sup>|<div class=\"footnote\".*?</div>", re.DOTALL
)
_SENTENCE_END = re.compile(r"[.!?\u2026][\u201d\u2019\"')\u00bb]*(?= )")

_MARKUP = re.compile(r"[<&*_`\[\\]")
_HTML_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->")
_TITLE_RULES = (
    (re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)"), r"\1"),
    (re.compile(r"(`+)(.+?)\1"), r"\2"),
    (re.compile(r"(?<!\w)(\*{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)"), r"\2"),
    (re.compile(r"(?<!\w)(_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)"), r"\2"),
    (re.compile(r"\\([\\`*_{}\[\]()#+\-.!<>])"), r"\1"),
)


def without_markup(text: str) -> str:
    """Give a title or summary as one line of plain text: no HTML, no Markdown, no entities."""
    if _MARKUP.search(text):
        text = _HTML_TAG.sub("", text)
        for pattern, replacement in _TITLE_RULES:
            text = pattern.sub(replacement, text)
        text = html.unescape(text)
    return one_line(text)


def unescaped(text: str) -> str:
    """Undo the four entities that sanitised HTML holds."""
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")


def excerpt(sanitised: str, length: int = EXCERPT_LENGTH) -> str:
    """Give the beginning of the running text, cut at the end of a sentence, else of a word."""
    gathered = ""
    sanitised = _LEFT_OUT.sub("", sanitised)
    for match in _PARAGRAPH.finditer(sanitised):
        paragraph = _line(match[1])
        if not paragraph:
            continue
        gathered = f"{gathered} {paragraph}" if gathered else paragraph
        if len(gathered) > length:
            break
    return shortened(gathered or _line(sanitised), length)


def _line(sanitised: str) -> str:
    return one_line(unescaped(_ANY_TAG.sub("", sanitised.replace("<br/>", " "))))


def shortened(text: str, length: int) -> str:
    """Cut a line at the last end of a sentence that fits, or at a word with an ellipsis."""
    if len(text) <= length:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, length + 1)]
    # A first sentence that is very short ("Ja.") would tell nothing.
    if ends and ends[-1] >= length // 3:
        return text[: ends[-1]]
    cut = text.rfind(" ", 0, length)
    return text[: cut if cut > length // 2 else length - 1].rstrip(" ,;:-\u2013") + "\u2026"


def text_of(sanitised: str) -> str:
    """Give the whole as plain text: paragraphs apart by an empty line, links as "text (address)"."""
    writer = _Writer()
    position = 0
    for match in _TAG.finditer(sanitised):
        if match.start() > position:
            writer.text(sanitised[position : match.start()])
        position = match.end()
        if match[1]:
            writer.close(match[2])
        else:
            writer.open(match[2], match[3])
    writer.text(sanitised[position:])
    return writer.finished()


class _Writer:
    """Gathers the text of the current block, and the blocks that are done."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.current: list[str] = []
        self.tight = False  # whether the next block follows without an empty line
        self.bullet = ""  # what stands before the next block: "- ", "2. "
        self.lists: list[int | None] = []  # the open lists: the next number, None for bullets
        self.quotes = 0
        self.preformatted = False
        self.address = ""
        self.link_start = 0
        self.note = False
        self.cells = 0

    def text(self, text: str) -> None:
        self.current.append(text if self.preformatted else _SPACES.sub(" ", text))

    def open(self, name: str, attributes: str) -> None:
        if name in _BLOCKS:
            self._block_begins(name, attributes)
        elif name == "a":
            found = dict(_ATTRIBUTE.findall(attributes))
            self.address, self.link_start = found.get("href", ""), len(self.current)
        elif name == "br":
            self.current.append("\n")
        elif name == "img":
            alt = dict(_ATTRIBUTE.findall(attributes)).get("alt")
            if alt:
                self.current.append(f"[{alt}]")
        elif name == "sup" and "footnote-" in attributes:
            self.note = True
            self.current.append("[")
        elif name in ("td", "th"):
            if self.cells:
                self.current.append(" | ")
            self.cells += 1

    def close(self, name: str) -> None:
        if name in _BLOCKS:
            self._block_ends(name)
        elif name == "a":
            self._link_ends()
        elif name == "sup" and self.note:
            self.note = False
            self.current.append("]")
            # The definition's paragraph goes on behind its label.
            if len(self.current) <= 3:
                self.bullet, self.current = "".join(self.current).strip() + " ", []

    def _block_begins(self, name: str, attributes: str) -> None:
        self._flush()
        if name in ("ul", "ol"):
            start = dict(_ATTRIBUTE.findall(attributes)).get("start", "1")
            self.tight = self.tight or bool(self.lists)
            self.lists.append(None if name == "ul" else int(start) if start.isdecimal() else 1)
        elif name == "li":
            self._item_begins()
        elif name == "blockquote":
            self.quotes += 1
        elif name == "pre":
            self.preformatted = True
        elif name == "tr":
            self.cells = 0
        elif name == "hr":
            self.current.append("* * *")
            self._flush()

    def _item_begins(self) -> None:
        number = self.lists[-1] if self.lists else None
        self.bullet = "- " if number is None else f"{number}. "
        if number is not None:
            self.lists[-1] = number + 1

    def _block_ends(self, name: str) -> None:
        self._flush(tight=name in _TIGHT)
        if name in ("ul", "ol") and self.lists:
            self.lists.pop()
            self.tight = bool(self.lists)
        elif name in ("table", "dl"):
            self.tight = False
        elif name == "li":
            self.bullet = ""
        elif name == "blockquote":
            self.quotes -= 1
        elif name == "pre":
            self.preformatted = False

    def _link_ends(self) -> None:
        address, self.address = unescaped(self.address), ""
        shown = "".join(self.current[self.link_start :]).strip()
        plain = address.removeprefix("mailto:").removeprefix("tel:")
        if address and not self.note and plain not in (unescaped(shown), ""):
            self.current.append(f" ({plain})" if shown else plain)

    def _flush(self, *, tight: bool = False) -> None:
        text = "".join(self.current)
        self.current = []
        text = text.strip("\n") if self.preformatted else _tidy(text)
        if not text.strip():
            self.tight = self.tight or tight
            return
        joint = "\n" if self.tight else "\n\n"
        if self.blocks:
            self.blocks.append(joint)
        self.blocks.append(self._indented(text))
        self.tight, self.bullet = tight, ""

    def _indented(self, text: str) -> str:
        level = max(len(self.lists) - 1, 0)
        hanging = "  " * (level + 1) if self.lists else ""
        first = ("  " * level + self.bullet) if self.bullet else hanging
        quote = "> " * self.quotes
        if self.preformatted:
            hanging = first = hanging + "    "
        lines = text.split("\n")
        return "\n".join(quote + (hanging if number else first) + line for number, line in enumerate(lines))

    def finished(self) -> str:
        self._flush()
        return unescaped("".join(self.blocks))


def _tidy(text: str) -> str:
    if "\n" not in text and "  " not in text:
        return text.strip()
    return "\n".join(" ".join(filter(None, line.split(" "))) for line in text.strip().split("\n"))
