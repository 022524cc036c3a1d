"""What nobody foresaw: written down with its place, and answered without a word of what it was.

Around everything that answers, because our server says nothing of an application that fails. People get
the page of a ledger that does not answer; who asks for a file or for our health gets a line. An answer that
had begun is cut off, by which the client sees that it is not the whole.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pressroom import logbook
from pressroom.web.answers import Answers
from pressroom.web.representations import plain, say


class Watched:
    """Passes everything on to `app`, and answers for it when it breaks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        def sending(message: Message) -> Awaitable[None]:
            nonlocal begun
            begun = True
            return send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            logbook.mistake("answer-failed", error, method=scope["method"])
            if not begun:
                await say(send, scope["method"], *plain(500, "It does not work just now."))


def apologising(answers: Answers) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Give the handler for the routes; the error goes on to `Watched` afterwards."""

    async def unavailable(request: Request, _error: Exception) -> Response:
        return answers.page(request, "web/unavailable.html", answers.language(request), status=500)

    return unavailable
