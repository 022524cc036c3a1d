"""`pressroom run`: the service."""

import asyncio
import signal
from collections.abc import Callable

import click
from sqlalchemy import Engine

from pressroom import logbook, systemd
from pressroom.arguments import config_of
from pressroom.bootstrap import open_pressroom
from pressroom.cli import Call
from pressroom.config import load
from pressroom.errors import ConfigError
from pressroom.service import Service
from pressroom.settings import Config
from pressroom.web.server import Front, serving
from storage.revisions import prepare


@click.command(short_help="Run the service: files, schedule and delivery, until it is stopped.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    envvar="PRESSROOM_LOG_FORMAT",
    show_envvar=True,
    help="key=value or JSON.",
)
@click.option(
    "--log-level",
    type=click.Choice(logbook.LEVELS),
    default="info",
    show_default=True,
    envvar="PRESSROOM_LOG_LEVEL",
    show_envvar=True,
    help="What is logged at least.",
)
@click.pass_obj
def command(call: Call, log_format: logbook.Form, log_level: str) -> None:
    """Publish what changes, make each issue when it is due, and deliver it, until stopped.

    Stop it by Ctrl-C or SIGTERM: mails that are on the wire are finished, the rest goes out after the
    next start. A changed configuration or template is taken up by itself; a configuration with mistakes
    is reported, and the service goes on with the old one.

    \b
    Examples:
      pressroom run
      pressroom run --log-format json
    """
    config = config_of(call)
    logbook.start(log_format, log_level)
    asyncio.run(_serve(call, config))
    logbook.event("stopped")


async def _serve(call: Call, config: Config) -> None:
    """Run the service; with a new configuration, another one after it."""
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    front, known = Front(), ""
    async with systemd.watched(call.environ):
        while not ended.is_set():
            listen = config.web.listen
            async with serving(listen, front):
                systemd.tell(call.environ, systemd.READY)
                while not ended.is_set() and config.web.listen == listen:
                    check = _trust if config.storage.url == known else prepare
                    known = config.storage.url
                    config = await _one_service(call, config, front, ended, check)


def _trust(_engine: Engine) -> None:
    """Ask nothing of a database that was ours: if it is away now, it is waited for and not made anew."""


async def _one_service(
    call: Call, config: Config, front: Front, ended: asyncio.Event, check: Callable[[Engine], None]
) -> Config:
    """Run the service until it is stopped, or asks for a new one; give the configuration for that."""
    stop = asyncio.Event()
    passing_on = asyncio.create_task(_pass_on(ended, stop))
    try:
        with open_pressroom(config, call.clock, check=check) as room:
            service = Service(room, stop)
            front.app = service.application
            logbook.event(
                "started",
                newsletters=",".join(config.newsletters),
                output=config.feeds.output,
                listen=config.web.listen,
            )
            await service.run()
    finally:
        passing_on.cancel()
    return _reloaded(call, config) if service.reload and not ended.is_set() else config


async def _pass_on(ended: asyncio.Event, stop: asyncio.Event) -> None:
    await ended.wait()
    stop.set()


def _reloaded(call: Call, old: Config) -> Config:
    try:
        config = load(call.config_file, call.environ)
    except ConfigError as error:
        for problem in error.problems:
            logbook.problem(
                "config-refused", ValueError(problem.message), file=problem.file, line=problem.line
            )
        return old
    logbook.event("reloaded")
    return config
