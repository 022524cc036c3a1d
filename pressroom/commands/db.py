"""`pressroom db`: the ledger's schema, and copies of it."""

import os
from pathlib import Path

import click

from pressroom import copies, screen
from pressroom.arguments import config_of, confirm, json_option, yes_option
from pressroom.cli import Call
from pressroom.progress import progress
from storage.engine import open_engine, place
from storage.revisions import HEAD, migrate, ready


@click.group(short_help="Migrate, back up and restore the database.")
def command() -> None:
    """Look after the database that remembers what was published and sent."""


@command.command("migrate")
@json_option
@click.pass_obj
def migrate_command(call: Call, as_json: bool) -> None:
    """Bring the database's schema up to this version of Pressroom.

    Run it after an upgrade; running it again does no harm. A new database is set up by whichever
    command needs it first, so there is no need to begin with this.

    \b
    Example:
      pressroom db backup before-upgrade.db && pressroom db migrate
    """
    engine = open_engine(config_of(call).storage.url)
    try:
        applied = migrate(engine)
        ready(engine)
        where = place(engine)
    finally:
        engine.dispose()
    if as_json:
        screen.give_json({"database": where, "schema": HEAD, "applied": applied})
    elif applied:
        screen.say(f"{where}: the schema is now {HEAD} (applied: {', '.join(applied)})")
    else:
        screen.say(f"{where}: the schema is {HEAD} already; nothing to do")


@command.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@yes_option
@click.pass_obj
def backup_command(call: Call, file: Path, yes: bool) -> None:
    """Write a copy of the whole database to FILE, while everything goes on running.

    The copy holds the subscribers' addresses: only you can read the file. For PostgreSQL, pg_dump
    must be installed.

    \b
    Example:
      pressroom db backup backup-$(date +%F).db
    """
    if file.exists():
        confirm(f"{file} exists. Overwrite it?", yes=yes)
    with progress("Copying the database"):
        size = copies.back_up(config_of(call).storage.url, file, os.environ)
    screen.say(f"{file}: {size:,} bytes")


@command.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@yes_option
@click.pass_obj
def restore_command(call: Call, file: Path, yes: bool) -> None:
    """Put the copy in FILE in the place of the database. What is in the database now is lost.

    Stop the service before. Mails that went out after the copy was made are forgotten, and would
    be sent again: pause the newsletters first if that can be.

    \b
    Example:
      pressroom db restore backup-2026-10-02.db
    """
    url = config_of(call).storage.url
    if copies.holds_anything(url):
        confirm("This replaces everything in the database. Go on?", yes=yes)
    with progress("Restoring the database"):
        copies.restore(url, file, os.environ)
    engine = open_engine(url)
    try:
        migrate(engine)
        copies.leap(engine)
        screen.say(f"{place(engine)}: restored from {file}")
    finally:
        engine.dispose()
