"""sfeed: keeps a line for each id with each title, and of each the text that it met first.

So a new title stands beside the old one, and a new text under the old title is not seen at all. As it comes
it never sends validators; its README shows how to have curl remember them, which is the second kind.
"""

from collections.abc import Sequence
from pathlib import Path

from tests.end_to_end.reading.entries import FEEDS, NEVER, Entry, addresses, plain, run

AS_IN_ITS_README = """\
fetch() {
    tag="$HOME/tags/$(basename "$3")"
    curl -L --max-redirs 0 -H "User-Agent:" -f -s -m 15 --compressed \\
        --etag-save "$tag" --etag-compare "$tag" -z "$tag" "$2" 2>/dev/null
}
"""


class Sfeed:
    feeds = FEEDS

    def __init__(self, home: Path, base: str, *, remembering: bool = False) -> None:
        self.name = "sfeed with tags" if remembering else "sfeed"
        self.unconditional = 1 if remembering else NEVER
        self._home = home
        (home / "tags").mkdir(parents=True)
        lines = [f'    feed "{feed}" "{address}"' for feed, address in addresses(base).items()]
        config = "\n".join((f'sfeedpath="{home}/feeds"', "feeds() {", *lines, "}\n"))
        (home / "sfeedrc").write_text(config + (AS_IN_ITS_README if remembering else ""), "utf-8")

    def poll(self) -> None:
        run(self._home, "sfeed_update", str(self._home / "sfeedrc"))

    def holds(self, feed: str) -> list[Entry]:
        lines = (self._home / "feeds" / feed.replace("/", "_")).read_text("utf-8").splitlines()
        fields = [line.split("\t") for line in lines]
        return [Entry(id_, title, plain(text)) for _, title, _, text, _, id_, *_ in fields]

    def shows(self, versions: Sequence[Entry]) -> Sequence[Entry]:
        return list({entry.title: entry for entry in reversed(versions)}.values())
