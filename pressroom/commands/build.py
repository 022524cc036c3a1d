"""`pressroom build`: write the public tree, and say what changed."""

from pathlib import Path

import click

from feeds.tree import Published
from pressroom import screen
from pressroom.arguments import config_of, json_option
from pressroom.bootstrap import open_pressroom
from pressroom.building import publish_newsroom
from pressroom.cli import Call
from pressroom.loading import Load, load
from pressroom.progress import counted, progress

WITHDRAWN_SHOWN = 20


@click.command(short_help="Write the feeds and pages.")
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), help="Write here instead of feeds.output."
)
@click.option(
    "--allow-withdrawals", is_flag=True, help="Publish although more content is gone than limits.withdrawals."
)
@json_option
@click.pass_context
def command(ctx: click.Context, output: Path | None, allow_withdrawals: bool, as_json: bool) -> None:
    """Load the newsroom and write feeds, calendar and pages; only what changed is touched.

    A file with a mistake is set aside and reported, the rest is published, and the exit status is 1.
    When much of the content is gone at once, nothing is written: it is likelier an unmounted folder
    than an intention.

    \b
    Examples:
      pressroom build
      pressroom build --output /srv/www/news
    """
    call: Call = ctx.obj
    config = config_of(call)
    with open_pressroom(config, call.clock) as room:
        now = call.clock()
        with progress("Loading the newsroom"):
            found = load(room, now, allow_withdrawals=allow_withdrawals)
        with progress("Writing feeds and pages") as step:
            newsroom = found.loaded.newsroom
            published = publish_newsroom(room, newsroom, now, output, lambda files: counted(files, step))
    where = output or config.feeds.output
    if as_json:
        screen.give_json(_plain(where, found, published))
    else:
        _show(where, found, published)
    for problem in found.loaded.problems:
        screen.problem(problem)
    for failed in published.failed:
        screen.error(f"{failed}; the rest was published")
    if published.failed or any(problem.fatal for problem in found.loaded.problems):
        ctx.exit(1)


def _show(where: Path, found: Load, published: Published) -> None:
    loaded = found.loaded
    newsroom = loaded.newsroom
    items, events = len(newsroom.items), len(newsroom.events)
    written, files = len(published.written), len(published.written) + published.unchanged
    screen.say(
        f"{where}: {screen.counted(items, 'item')} and {screen.counted(events, 'event')} in "
        f"{screen.counted(files, 'file')}: {written} written, {published.unchanged} unchanged, "
        f"{len(published.removed)} removed"
    )
    for known in loaded.newly_withdrawn[:WITHDRAWN_SHOWN]:
        screen.say(f"withdrawn: {known.source} (its file is gone)")
    if len(loaded.newly_withdrawn) > WITHDRAWN_SHOWN:
        screen.say(f"withdrawn: and {len(loaded.newly_withdrawn) - WITHDRAWN_SHOWN} more")
    for source in loaded.set_aside:
        screen.say(f"set aside: {source}")


def _plain(where: Path, found: Load, published: Published) -> dict[str, object]:
    loaded = found.loaded
    return {
        "output": where,
        "items": len(loaded.newsroom.items),
        "events": len(loaded.newsroom.events),
        "written": published.written,
        "unchanged": published.unchanged,
        "removed": published.removed,
        "failed": published.failed,
        "withdrawn": [{"key": known.key, "source": known.source} for known in loaded.newly_withdrawn],
        "set_aside": loaded.set_aside,
        "problems": loaded.problems,
        "next_embargo": found.next_embargo,
    }
