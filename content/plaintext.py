"""Plain text from sanitised HTML, for mail and JSON; excerpts; and titles freed from markup.

`text_of` and `excerpt` read only what `content.sanitising` made: well-formed, with absolute addresses and
no entity but the four of XML. They need no parser therefore, and cost a tenth of one. Pure.
"""

import html
import re

from content.characters import one_line

EXCERPT_LENGTH = 300

_BLOCK = re.compile(
    r"<(/?)(p|h[1-6]|[uod]l|li|blockquote|pre|table|t[rdh]|thead|tbody|tfoot|caption|hr|div|dd|dt|figure|"
    r"figcaption|section|article|aside|header|footer|nav|hgroup|center|details|summary)((?: [^>]*)?)/?>"
)
_INLINE = re.compile(r"</?[a-z][^>]*>")
_LINK = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_NOTE = re.compile(r'<sup class="footnote-(?:reference|label)">(.*?)</sup>', re.DOTALL)
_IMAGE = re.compile(r"<img[^>]*/>")
_ALT = re.compile(r' alt="([^"]+)"')
_START = re.compile(r' start="(\d{1,9})"')
_SPACES = re.compile(r"[ \t\n\f\r]+")
_TIGHT = frozenset({"li", "tr", "dd", "dt", "figcaption"})
_CELLS = frozenset({"td", "th"})

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
    (re.compile(r"(?<![\w\\])(\*{1,3})(?=\S)(.+?)(?<=[^\s\\])\1(?!\w)"), r"\2"),
    (re.compile(r"(?<![\w\\])(_{1,3})(?=\S)(.+?)(?<=[^\s\\])\1(?!\w)"), r"\2"),
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
    for match in _BLOCK.finditer(sanitised):
        start = match.start()
        if start > position:
            writer.text(sanitised[position:start])
        position = match.end()
        closing, name, attributes = match.groups()
        if closing:
            writer.end(name)
        else:
            writer.begin(name, attributes)
    writer.text(sanitised[position:])
    return writer.finished()


def _running(text: str) -> str:
    """Give the text between two block tags: notes in brackets, links with addresses, pictures by name."""
    if "<" in text:
        if "<sup" in text:
            text = _NOTE.sub(lambda match: f"[{_INLINE.sub('', match[1])}]", text)
        if "<a " in text:
            text = _LINK.sub(_written_link, text)
        if "<img" in text:
            text = _IMAGE.sub(_written_image, text)
        text = _INLINE.sub("", text.replace("<br/>", "\0"))
    text = text.replace("\n", " ").strip(" ")
    if "  " in text or "\t" in text:
        text = _SPACES.sub(" ", text)
    if "\0" in text:
        return "\n".join(line.strip() for line in text.split("\0")).strip()
    return text


def _written_link(match: re.Match[str]) -> str:
    address, shown = match.groups()
    plain = address.removeprefix("mailto:").removeprefix("tel:")
    bare = _INLINE.sub("", shown).strip() if "<" in shown else shown
    if not bare and "<img" not in shown:
        return plain
    return shown if plain == bare else f"{shown} ({plain})"


def _written_image(match: re.Match[str]) -> str:
    alt = _ALT.search(match[0])
    return f"[{alt[1]}]" if alt else ""


class _Writer:
    """Gathers the blocks, each indented and marked as the elements around it want it."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.current = ""
        self.tight = False  # whether the next block follows without an empty line
        self.bullet = ""  # what stands before the next block: "- ", "2. "
        self.lists: list[int | None] = []  # the open lists: the next number, None for bullets
        self.quotes = 0
        self.preformatted = False
        self.note = False  # whether the label of a footnote comes next, and its text behind it
        self.cells: list[str] | None = None  # of the table row that is open

    def text(self, text: str) -> None:
        if self.preformatted:
            self.current += _INLINE.sub("", text)
        elif running := _running(text):
            self.current = f"{self.current} {running}" if self.current else running

    def begin(self, name: str, attributes: str) -> None:
        if name in _CELLS:
            self.current = ""
            return
        if self.note and name == "p":
            self.bullet, self.current, self.note = f"{self.current} ", "", False
        self._flush()
        if name in ("ul", "ol"):
            start = _START.search(attributes)
            self.tight = self.tight or bool(self.lists)
            self.lists.append(None if name == "ul" else int(start[1]) if start else 1)
        elif name == "li":
            self._next_bullet()
        elif name == "blockquote":
            self.quotes += 1
        elif name == "pre":
            self.preformatted = True
        elif name == "tr":
            self.cells = []
        elif name == "div":
            self.note = 'class="footnote"' in attributes
        elif name == "hr":
            self.current = "* * *"
            self._flush()

    def _next_bullet(self) -> None:
        number = self.lists[-1] if self.lists else None
        self.bullet = "- " if number is None else f"{number}. "
        if number is not None:
            self.lists[-1] = number + 1

    def end(self, name: str) -> None:
        if name in _CELLS and self.cells is not None:
            self.cells.append(self.current)
            self.current = ""
            return
        if name == "tr" and self.cells is not None:
            self.current, self.cells = " | ".join(self.cells), None
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

    def _flush(self, *, tight: bool = False) -> None:
        if self.cells is not None:
            return  # a block inside of a cell is part of the cell's line
        text, self.current = self.current, ""
        if self.preformatted:
            text = text.strip("\n")
        if not text.strip():
            self.tight = self.tight or tight
            return
        if self.blocks:
            self.blocks.append("\n" if self.tight else "\n\n")
        plain = not (self.lists or self.quotes or self.bullet or self.preformatted)
        self.blocks.append(text if plain else self._indented(text))
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
