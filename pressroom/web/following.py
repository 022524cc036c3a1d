"""The pages of following by mail, from the form to the way out. What they do is `newsletter.following`'s.

GET and HEAD only look, whatever the link: mail programs and scanners open links that nobody clicked. POST
acts, each time with the same answer. The unsubscribe address also takes the POST of a mail program's
own button (RFC 8058): no cookie, no redirect, no limit, any body. Given to `pressroom.web.application`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter import wordings
from newsletter.errors import AddressError, LinkBad
from newsletter.following import (
    Choice,
    Confirmed,
    Evidence,
    Moved,
    Reception,
    SignUp,
    Viewed,
    confirm,
    confirm_move,
    look,
    sign_up,
    unsubscribe,
)
from newsletter.mailaddress import parse_address
from newsletter.signups import WINDOW
from pressroom import logbook
from pressroom.bootstrap import Pressroom
from pressroom.clock import Clock
from pressroom.web import forms, settling
from pressroom.web.circle import Circle
from pressroom.web.forms import Age, Fields
from pressroom.web.offering import on_offer, wishes, without_subject

LONGEST_ADDRESS_SHOWN = 254
BOT = "bot"
LATER_SECONDS = str(int(WINDOW.total_seconds()))


@dataclass(frozen=True, slots=True)
class Form:
    """The sign-up form as it is shown: what is filled in, and its stamp."""

    address: str = ""
    wishes: Mapping[str, Choice] = field(default_factory=dict)
    language: str = ""
    via: str = ""
    stamp: str = ""


def routes(room: Pressroom, clock: Clock) -> list[Route]:
    """Give the routes; paths count from the public root."""
    circle = Circle(room, clock)

    def route(path: str, handler: Callable[[Circle, Request], Awaitable[Response]]) -> Route:
        async def endpoint(request: Request) -> Response:
            return await handler(circle, request)

        return Route(path, circle.answering(endpoint), methods=["GET", "POST"])

    return [
        route("/subscribe", _subscribe),
        route("/confirm/{token}", _confirm),
        route("/preferences/{token}", settling.preferences_page),
        route("/unsubscribe/{token}", _unsubscribe),
    ]


async def _subscribe(circle: Circle, request: Request) -> Response:
    if request.method != "POST":
        query = request.query_params
        via = forms.came_from(request)
        language = circle.answers.language(request, query.get("language"))
        asked = Form(wishes=dict.fromkeys(query.getlist("newsletter")), language=language, via=via)
        return await _form(circle, request, asked, language)
    fields = await forms.fields(request)
    language = circle.answers.language(request, fields.one("page"))
    if fields.one("website"):
        request.app.state.tallies.signups[BOT] += 1
        async with circle.evenly():
            return _look_into_mail(circle, request, fields, language)
    return await _asked(circle, request, _filled_in(circle, request, fields, language), fields, language)


async def _asked(circle: Circle, request: Request, form: Form, fields: Fields, language: str) -> Response:
    """Take a form of ours; show anything else once more, filled in as it was."""
    age = forms.age(await circle.stamp_key(), fields.one("stamp"), form.via, circle.clock())
    if forms.is_cross_site(request) or age is Age.UNKNOWN:
        return await _form(circle, request, replace(form, via=forms.came_from(request)), language)
    if age is not Age.GOOD:
        return await _form(circle, request, form, language, notice=_once_more(circle, age, language))
    errors = _errors(circle, form, language)
    if errors:
        return await _form(circle, request, form, language, errors=errors, status=422)
    wish = SignUp(
        address=form.address,
        newsletters=form.wishes,
        client=circle.client(request),
        form=_here(circle),
        via=form.via,
        wording=wordings.SIGN_UP,
        language=form.language or None,
    )

    def signing_up(connection: Connection, key: bytes) -> Reception:
        return sign_up(connection, wish, circle.offer, key, circle.clock(), circle.config.signups)

    reception = await circle.act_evenly(signing_up)
    request.app.state.tallies.signups[reception.name.lower()] += 1
    if reception is Reception.NETWORK:
        return _later(circle, request, language)
    return _look_into_mail(circle, request, fields, language)


async def _form(
    circle: Circle,
    request: Request,
    form: Form,
    language: str,
    *,
    errors: dict[str, str] | None = None,
    notice: str = "",
    status: int = 200,
) -> Response:
    stamped = replace(form, stamp=forms.stamp(await circle.stamp_key(), circle.clock(), form.via))
    known = [name for name in form.wishes if name in circle.offer.newsletters]
    return circle.answers.page(
        request,
        "web/subscribe.html",
        language,
        status=status,
        form=stamped,
        offers=on_offer(circle.config, circle.offer, form.wishes, language),
        languages=circle.answers.language_choices(form.language or language),
        other_languages=circle.answers.other_languages(language, newsletter=known),
        wording=circle.wording(wordings.SIGN_UP, language),
        errors=errors or {},
        notice=notice,
    )


def _look_into_mail(circle: Circle, request: Request, fields: Fields, language: str) -> Response:
    """Say that a mail comes, in the same words to everybody."""
    address = fields.one("address").strip()[:LONGEST_ADDRESS_SHOWN]
    return circle.answers.page(request, "web/subscribed.html", language, address=address)


def _later(circle: Circle, request: Request, language: str) -> Response:
    """Say that too much came from the reader's network; this tells nothing of any address."""
    answer = circle.answers.page(request, "web/later.html", language, status=429)
    answer.headers["Retry-After"] = LATER_SECONDS
    return answer


def _filled_in(circle: Circle, request: Request, fields: Fields, language: str) -> Form:
    """Read what the form holds; one from elsewhere, which has no stamp, may offer no subjects."""
    ours = bool(fields.one("stamp"))
    ticked = wishes(fields, circle.offer)
    return Form(
        address=fields.one("address").strip(),
        wishes=ticked if ours else {name: chosen or None for name, chosen in ticked.items()},
        language=fields.one("language") or language,
        via=fields.one("via") if ours else forms.came_from(request),
    )


def _errors(circle: Circle, form: Form, language: str) -> dict[str, str]:
    """Tell what a person can mend, by the field that it is about."""
    _ = circle.words(language)
    found = {}
    try:
        parse_address(form.address)
    except AddressError:
        found["address"] = _("Give an e-mail address, as name@example.org.")
    if not form.wishes:
        found["newsletters"] = _("Choose at least one newsletter.")
    empty = [name for name in without_subject(form.wishes) if name not in circle.offer.closed]
    return found | circle.no_subject(empty, language)


def _once_more(circle: Circle, age: Age, language: str) -> str:
    _ = circle.words(language)
    if age is Age.QUICK:
        return _("That was quicker than people are. Look it through, and press the button once more.")
    return _("The form had been open for a long time. Look it through, and press the button once more.")


def _here(circle: Circle) -> str:
    return f"{circle.config.web.url}/subscribe"


async def _confirm(circle: Circle, request: Request) -> Response:
    """Show or do what a link of a single mail is for: a sign-up, or a new address."""
    token = request.path_params["token"]
    viewed = await circle.look(lambda connection, key: _viewed(connection, key, token, circle))
    language = circle.answers.language(request, viewed.language)
    if request.method != "POST":
        return _ask_to_confirm(circle, request, viewed, language)
    wording = wordings.CHANGE if viewed.purpose == "change" else wordings.CONFIRM
    evidence = Evidence(circle.client(request), wording)

    def confirming(connection: Connection, key: bytes) -> Confirmed | Moved:
        done = confirm_move if viewed.purpose == "change" else confirm
        return done(connection, key, token, evidence, circle.clock())

    done = await circle.act(confirming)
    if isinstance(done, Moved):
        logbook.event("address-changed" if not done.taken else "address-taken")
        return _moved(circle, request, done, language)
    if not done.already:
        logbook.event("sign-up-confirmed", newsletters=", ".join(done.newsletters))
    return _confirmed(circle, request, done, language)


def _viewed(connection: Connection, key: bytes, token: str, circle: Circle) -> Viewed:
    """Look at a link of either kind; they cannot be mistaken for each other."""
    now = circle.clock()
    try:
        return look(connection, key, "confirm", token, now)
    except LinkBad:
        return look(connection, key, "change", token, now)


def _ask_to_confirm(circle: Circle, request: Request, viewed: Viewed, language: str) -> Response:
    moving = viewed.purpose == "change"
    return circle.answers.page(
        request,
        "web/move.html" if moving else "web/confirm.html",
        language,
        titles=[circle.title(name) for name in viewed.newsletters],
        address=viewed.address,
        done=viewed.done,
        wording=circle.wording(wordings.CHANGE if moving else wordings.CONFIRM, language),
    )


def _confirmed(circle: Circle, request: Request, done: Confirmed, language: str) -> Response:
    return circle.answers.page(
        request,
        "web/confirmed.html",
        language,
        titles=[circle.title(name) for name in done.newsletters],
        already=done.already,
        preferences=done.preferences,
    )


def _moved(circle: Circle, request: Request, done: Moved, language: str) -> Response:
    return circle.answers.page(request, "web/moved.html", language, address=done.address, taken=done.taken)


async def _unsubscribe(circle: Circle, request: Request) -> Response:
    token = request.path_params["token"]
    everything = False
    if request.method == "POST":
        everything = (await forms.any_fields(request)).one("scope") == "all"

    def leaving(connection: Connection, key: bytes) -> tuple[Viewed, int]:
        viewed = look(connection, key, "unsubscribe", token, circle.clock())
        if request.method != "POST":
            return viewed, 0
        left = unsubscribe(connection, key, token, circle.clock(), everything=everything)
        return replace(viewed, done=True), len(left.newsletters)

    viewed, ended = await (circle.act if request.method == "POST" else circle.look)(leaving)
    if ended:
        logbook.event("left", newsletters=ended, link="all" if everything else "one")
    language = circle.answers.language(request, viewed.language)
    titles = [] if everything else [circle.title(name) for name in viewed.newsletters]
    return circle.answers.page(
        request,
        "web/unsubscribed.html" if viewed.done else "web/unsubscribe.html",
        language,
        title=next(iter(titles), ""),
        several=len(circle.config.newsletters) > 1,
    )
