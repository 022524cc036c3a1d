"""CSS into style attributes, by premailer: mail programs keep attributes where they drop style sheets.

The only module that knows premailer (last released in 2021). `<style data-premailer="ignore">` is kept byte
for byte, for the rules of small screens and dark mode; every other one is inlined and gone. Nothing is
fetched. Declarations that cssutils does not know would be lost without a word: they are reported.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

import cssutils  # type: ignore[import-untyped]
from lxml import etree
from premailer import Premailer  # type: ignore[import-untyped]

from newsletter.errors import InliningError

# Neither cssutils nor the logger that it reports to is made for threads.
_lock = Lock()
_BASIC_ATTRIBUTES = ["width", "height", "align", "valign", "bgcolor"]
_BLANK = re.compile(r"\n\s+")


@dataclass(frozen=True, slots=True)
class Inlined:
    """The HTML as it is sent, and what of its CSS was lost on the way (nothing, with our own templates)."""

    html: str
    lost: tuple[str, ...]


def inline(html: str) -> Inlined:
    """Put the rules into the elements; raise InliningError when it is no HTML at all."""
    if not html.strip():
        message = "the template gave an empty page"
        raise InliningError(message)
    with _lock, _reports() as lost:
        try:
            made = _premailer(html).transform(pretty_print=False)
        except (etree.LxmlError, ValueError, AttributeError, AssertionError, SyntaxError) as error:
            message = f"the page cannot be inlined: {error}"
            raise InliningError(message) from error
    head, tag, body = made.partition("<body")
    return Inlined(head + tag + _BLANK.sub("\n", body).rstrip() + "\n", tuple(dict.fromkeys(lost)))


def _premailer(html: str) -> Premailer:
    return Premailer(
        html,
        # Otherwise !important is taken out of rules that need it.
        strip_important=False,
        # Width and height attributes would be put on paragraphs; the templates say theirs where they matter.
        disable_basic_attributes=_BASIC_ATTRIBUTES,
        disable_validation=True,
        allow_network=False,
        disable_leftover_css=True,
        align_floating_images=False,
        # A cached style sheet would not be reported on a second time.
        cache_css_parsing=False,
    )


class _Reports(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lost: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lost.append(" ".join(record.getMessage().split()))


@contextmanager
def _reports() -> Iterator[list[str]]:
    """Collect what cssutils says instead of letting it write to stderr."""
    handler, log = _Reports(), logging.Logger("cssutils", logging.WARNING)
    log.addHandler(handler)
    cssutils.log.setLog(log)
    yield handler.lost
