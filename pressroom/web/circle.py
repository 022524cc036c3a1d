"""What the pages for followers share: the ledger, the key of the tokens, what is on offer, and the answers.

Work with the ledger is done in threads, so that a slow database keeps nobody else waiting. What goes wrong
becomes a page here: a link that is not ours is 404, always the same one; an expired one 410; a form that
no browser of ours has sent 400; a ledger that does not answer 503.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TypeVar

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from newsletter.errors import ChoiceError, LinkBad, LinkExpired
from newsletter.people import Offer
from newsletter.wordings import WORDINGS
from pressroom import logbook
from pressroom.bootstrap import Pressroom
from pressroom.clock import Clock
from pressroom.sending import token_key
from pressroom.subscriptions import offer_of
from pressroom.web.answers import Answers
from pressroom.web.requests import client_address
from storage.engine import reading, writing
from storage.errors import StorageError

Result = TypeVar("Result")
Work = Callable[[Connection, bytes], Result]
Handler = Callable[[Request], Awaitable[Response]]

EVEN_SECONDS = 0.25
"""How long an answer takes that must not tell by its time what the ledger knows."""

RETRY_SECONDS = "60"


class Circle:
    """Everything that a page for followers works with."""

    def __init__(self, room: Pressroom, clock: Clock) -> None:
        self.config = room.config
        self.clock = clock
        self.offer: Offer = offer_of(room.config)
        self.answers = Answers(room)
        self._room = room

    @cached_property
    def key(self) -> bytes:
        """The key that tokens are signed with; asked for in a thread, since it lies in the ledger."""
        return token_key(self._room)

    async def look(self, work: Work[Result]) -> Result:
        """Do something with a connection that only reads."""

        def looking() -> Result:
            key = self.key
            with reading(self._room.engine) as connection:
                return work(connection, key)

        return await run_in_threadpool(looking)

    async def act(self, work: Work[Result]) -> Result:
        """Do something in one transaction."""

        def acting() -> Result:
            key = self.key
            with writing(self._room.engine) as connection:
                return work(connection, key)

        return await run_in_threadpool(acting)

    async def act_evenly(self, work: Work[Result]) -> Result:
        """Do something in one transaction, and take the same time whatever comes of it."""
        async with self.evenly():
            return await self.act(work)

    @asynccontextmanager
    async def evenly(self) -> AsyncIterator[None]:
        """Let a block take the same time whatever it does."""
        loop = asyncio.get_running_loop()
        until = loop.time() + EVEN_SECONDS
        yield
        await asyncio.sleep(until - loop.time())

    async def stamp_key(self) -> bytes:
        """Give the key that forms are stamped with."""
        return await run_in_threadpool(lambda: self.key)

    def client(self, request: Request) -> str:
        """Give the address that a request comes from; empty when it is not known."""
        return client_address(request, self.config.web.proxies)

    def title(self, newsletter: str) -> str:
        known = self.config.newsletters.get(newsletter)
        return known.title if known else newsletter

    def wording(self, version: str, language: str) -> str:
        """Give the words of consent that a page shows, of which the evidence names the version."""
        return self._room.templates.translations(language).gettext(WORDINGS[version])

    def no_subject(self, newsletters: Iterable[str], language: str) -> dict[str, str]:
        """Say of newsletters that nothing of them is ticked; by the field that it is about."""
        _ = self.words(language)
        text = _("Choose at least one subject of %(title)s.")
        return {f"subjects-{name}": text % {"title": self.title(name)} for name in newsletters}

    def words(self, language: str) -> Callable[[str], str]:
        return self._room.templates.translations(language).gettext

    def answering(self, handler: Handler) -> Handler:
        """Give the handler with pages for what goes wrong in it."""

        async def endpoint(request: Request) -> Response:
            try:
                return await handler(request)
            except LinkBad:
                return self._trouble(request, "web/unknown.html", 404)
            except LinkExpired as error:
                told = {"expired": error.when, "purpose": error.purpose}
                return self._trouble(request, "web/expired.html", 410, **told)
            except ChoiceError:
                return self._trouble(request, "web/refused.html", 400)
            except HTTPException as error:
                if error.status_code != 400:  # noqa: PLR2004
                    raise
                return self._trouble(request, "web/refused.html", 400)
            except StorageError as error:
                logbook.problem("page-failed", error)
                answer = self._trouble(request, "web/unavailable.html", 503)
                answer.headers["Retry-After"] = RETRY_SECONDS
                return answer

        return endpoint

    def _trouble(self, request: Request, template: str, status: int, **values: object) -> Response:
        language = self.answers.language(request)
        return self.answers.page(request, template, language, status=status, **values)
