"""What a published file is: its content type, what it counts as, how long it may be kept.

By name alone, and the same on every machine: the system's table of types is not asked. Called by `tree`.
"""

from enum import StrEnum

UTF8 = "; charset=utf-8"
FEEDS = {"atom.xml": "application/atom+xml", "rss.xml": "application/rss+xml"}
TEXTS = {
    "html": "text/html",
    "css": "text/css",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "ics": "text/calendar",
    "vcf": "text/vcard",
    "opml": "text/x-opml",
    "xml": "application/xml",
    "xsl": "text/xsl",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}
OTHERS = {
    "json": "application/json",
    "webmanifest": "application/manifest+json",
    "geojson": "application/geo+json",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "ico": "image/x-icon",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "woff2": "font/woff2",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "epub": "application/epub+zip",
    "rtf": "application/rtf",
}
UNKNOWN = "application/octet-stream"
SHRINKS = frozenset((*TEXTS, "json", "webmanifest", "geojson", "ico", "rtf"))
"""What gains by compression; everything else is compressed in itself, or unknown."""


class Kind(StrEnum):
    """What the metrics call a file."""

    ATOM = "atom"
    RSS = "rss"
    JSON = "json"
    CALENDAR = "ics"
    PAGE = "page"
    MEDIA = "media"
    OTHER = "other"

    @property
    def is_feed(self) -> bool:
        return self in {Kind.ATOM, Kind.RSS, Kind.JSON, Kind.CALENDAR}


def content_type(path: str) -> str:
    name = path.rpartition("/")[2].lower()
    ending = name.rpartition(".")[2] if "." in name else ""
    if name == "feed.json":
        return "application/feed+json"
    if name in FEEDS:
        return FEEDS[name] + UTF8
    return TEXTS[ending] + UTF8 if ending in TEXTS else OTHERS.get(ending, UNKNOWN)


def shrinks(path: str) -> bool:
    """Tell whether compression is worth its while."""
    return path.rpartition(".")[2].lower() in SHRINKS


def kind(path: str) -> Kind:
    name = path.rpartition("/")[2]
    if path.startswith("media/"):
        return Kind.MEDIA
    if path.endswith(".html"):
        return Kind.PAGE
    if path.endswith(".ics"):
        return Kind.CALENDAR
    return {"atom.xml": Kind.ATOM, "rss.xml": Kind.RSS, "feed.json": Kind.JSON}.get(name, Kind.OTHER)
