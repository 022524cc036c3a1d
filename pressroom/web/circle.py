"""What the pages for followers share: the ledger, the key of the tokens, what is on offer, and the answers.

Work with the ledger is done in threads, so that a slow database keeps nobody else waiting. What goes wrong
becomes a page here: a link that is not ours is 404, always the same one; an expired one 410; a form that
no browser of ours has sent 400; a ledger that does not answer 503.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine
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
Transaction = Callable[[Engine], AbstractContextManager[Connection]]
Handler = Callable[[Request], Awaitable[Response]]

EVEN_SECONDS = 0.25
"""An answer that must not tell by its time what the ledger knows takes so long, or twice, or thrice..."""

WRITERS = 8
"""So many wait for a lock at once, of 40 threads and 15 connections: the rest is for those who only look."""

RETRY_SECONDS = "60"


class Circle:
    """Everything that a page for followers works with."""

    def __init__(self, room: Pressroom, clock: Clock) -> None:
        self.config = room.config
        self.clock = clock
        self.offer: Offer = offer_of(room.config)
        self.answers = Answers(room)
        self._room = room
        self._key = b""
        self._turns = asyncio.Semaphore(WRITERS)

    async def look(self, work: Work[Result]) -> Result:
        """Do something with a connection that only reads."""
        return await run_in_threadpool(self._with_key, reading, work)

    async def act(self, work: Work[Result]) -> Result:
        """Do something in one transaction, when it is its turn."""
        async with self._turns:
            return await run_in_threadpool(self._with_key, writing, work)

    async def act_evenly(self, work: Work[Result]) -> Result:
        """Do something in one transaction, and take the same time whatever comes of it."""
        async with self.evenly():
            return await self.act(work)

    @asynccontextmanager
    async def evenly(self) -> AsyncIterator[None]:
        """Let a block take the same time whatever it does, and whether or not it fails."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            yield
        finally:
            await asyncio.sleep(until_even(clock() - begun, EVEN_SECONDS))

    async def stamp_key(self) -> bytes:
        """Give the key that forms are stamped with; once it is known the ledger is not asked again."""
        return self._key or await run_in_threadpool(self._the_key)

    def _with_key(self, transaction: Transaction, work: Work[Result]) -> Result:
        key = self._the_key()
        with transaction(self._room.engine) as connection:
            return work(connection, key)

    def _the_key(self) -> bytes:
        """Give the key that tokens are signed with; for threads, since it lies in the ledger."""
        self._key = self._key or token_key(self._room)
        return self._key

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


def until_even(passed: float, step: float) -> float:
    """Give how long it is from a time that has passed to the next whole number of steps."""
    return -passed % step if step else 0.0
