"""A person's own settings, by the link in their mails: choose, pause, move, leave, take along, vanish.

One address, whose forms name what they want in `do`. What is done leads back to the page (303), so that
loading it again repeats nothing. Called through `pressroom.web.following`.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from newsletter import wordings
from newsletter.errors import AddressError
from newsletter.following import (
    Changed,
    Choices,
    Evidence,
    Preferences,
    Reception,
    change,
    erase,
    export,
    pause,
    preferences,
    renew,
    request_address_change,
    resume,
)
from pressroom import logbook
from pressroom.web import forms
from pressroom.web.circle import Circle
from pressroom.web.forms import Fields
from pressroom.web.offering import NewsletterChoice, followed, wishes, without_subject

WEEKS = (1, 2, 3, 4, 6, 8, 12, 26)
FILE = "my-data.json"
LONGEST_ADDRESS_SHOWN = 254
NOTHING_WRONG: Mapping[str, str] = MappingProxyType({})


async def preferences_page(circle: Circle, request: Request) -> Response:
    """Show the settings, or do what one of the page's forms asks for."""
    if request.method != "POST":
        return await _shown(circle, request)
    fields = await forms.fields(request)
    doing = DOING.get(fields.one("do"))
    if doing is None:
        await _found(circle, request)
        raise HTTPException(400, "No form of ours asks for that.")
    return await doing(circle, request, fields)


async def _shown(
    circle: Circle,
    request: Request,
    *,
    errors: Mapping[str, str] = NOTHING_WRONG,
    new_address: str = "",
    chosen: Choices | None = None,
) -> Response:
    found = await _found(circle, request)
    language = circle.answers.language(request, found.language)
    offers = list(followed(circle.config, circle.offer, found.following, language))
    paused = [offer.paused for offer in offers if offer.chosen and offer.paused]
    return circle.answers.page(
        request,
        "web/preferences.html",
        language,
        status=422 if errors else 200,
        address=found.address,
        offers=[_as_sent(offer, chosen) for offer in offers] if chosen else offers,
        following=any(offer.chosen for offer in offers),
        languages=circle.answers.language_choices(_language(circle, found)),
        paused=max(paused, default=None),
        weeks=WEEKS,
        wording=circle.wording(wordings.PREFERENCES, language),
        notice="" if errors else _notice(circle, request.query_params.get("done", ""), language),
        errors=errors,
        new_address=new_address[:LONGEST_ADDRESS_SHOWN],
    )


def _language(circle: Circle, found: Preferences) -> str:
    """Give the language that a person's mails are in: their own, or their newsletter's."""
    if found.language:
        return found.language
    known = found.newsletter in circle.config.newsletters
    return circle.config.language(found.newsletter) if known else circle.config.organisation.language


async def _save(circle: Circle, request: Request, fields: Fields) -> Response:
    choices = Choices(wishes(fields, circle.offer), fields.one("language") or None)
    if empty := without_subject(choices.newsletters):
        errors = circle.no_subject(empty, await _spoken(circle, request))
        return await _shown(circle, request, errors=errors, chosen=choices)
    evidence = Evidence(circle.client(request), wordings.PREFERENCES)

    def saving(connection: Connection, key: bytes) -> Changed:
        token, now = request.path_params["token"], circle.clock()
        return change(connection, key, token, choices, evidence, offer=circle.offer, now=now)

    done = await circle.act(saving)
    logbook.event("settings-saved", begun=len(done.begun), ended=len(done.ended))
    return circle.answers.gone_to(request, "?done=saved")


async def _pause(circle: Circle, request: Request, fields: Fields) -> Response:
    weeks = next((number for number in WEEKS if str(number) == fields.one("weeks")), None)
    if weeks is None:
        raise HTTPException(400, "No form of ours asks for that long a pause.")
    token = request.path_params["token"]
    await circle.act(lambda connection, key: pause(connection, key, token, weeks, circle.clock()))
    logbook.event("paused", weeks=weeks)
    return circle.answers.gone_to(request, "?done=paused")


async def _resume(circle: Circle, request: Request, _fields: Fields) -> Response:
    token = request.path_params["token"]
    await circle.act(lambda connection, key: resume(connection, key, token, circle.clock()))
    return circle.answers.gone_to(request, "?done=resumed")


async def _move(circle: Circle, request: Request, fields: Fields) -> Response:
    """Ask a new address; the answer and its time tell nothing of that address."""
    address = fields.one("address").strip()

    def asking(connection: Connection, key: bytes) -> Reception:
        token, now = request.path_params["token"], circle.clock()
        return request_address_change(connection, key, token, address, now)

    try:
        await circle.act_evenly(asking)
    except AddressError:
        _ = circle.words(await _spoken(circle, request))
        text = _("Give an e-mail address, as name@example.org.")
        return await _shown(circle, request, errors={"address": text}, new_address=address)
    return circle.answers.gone_to(request, "?done=moving")


async def _renew(circle: Circle, request: Request, _fields: Fields) -> Response:
    """Send a new link to the address of an old one's owner; that one may have expired."""
    token = request.path_params["token"]
    sent = await circle.act(lambda connection, key: renew(connection, key, token, circle.clock()))
    logbook.event("link-renewed" if sent else "link-renewed-already")
    return circle.answers.page(request, "web/renewed.html", circle.answers.language(request))


async def _leave(circle: Circle, request: Request, _fields: Fields) -> Response:
    """Leave all newsletters; the language stays."""

    def leaving(connection: Connection, key: bytes) -> Changed:
        token, now = request.path_params["token"], circle.clock()
        found = preferences(connection, key, token, circle.offer, now)
        nothing = Choices({}, found.language)
        evidence = Evidence(circle.client(request), wordings.PREFERENCES)
        return change(connection, key, token, nothing, evidence, offer=circle.offer, now=now)

    done = await circle.act(leaving)
    logbook.event("left", newsletters=len(done.ended), link="settings")
    return circle.answers.gone_to(request, "?done=left")


async def _export(circle: Circle, request: Request, _fields: Fields) -> Response:
    token = request.path_params["token"]
    found = await circle.look(lambda connection, key: export(connection, key, token, circle.clock()))
    text = json.dumps(found, ensure_ascii=False, indent=2, default=str)
    return circle.answers.file(f"{text}\n".encode(), FILE, "application/json")


async def _erase(circle: Circle, request: Request, fields: Fields) -> Response:
    """Ask whether it is meant; then erase."""
    token = request.path_params["token"]
    language = await _spoken(circle, request)
    if fields.one("sure") != "yes":
        return circle.answers.page(request, "web/erase.html", language)
    await circle.act(lambda connection, key: erase(connection, key, token, circle.clock()))
    logbook.event("erased", by="the subscriber")
    return circle.answers.page(request, "web/erased.html", language)


async def _found(circle: Circle, request: Request) -> Preferences:
    token = request.path_params["token"]
    return await circle.look(
        lambda connection, key: preferences(connection, key, token, circle.offer, circle.clock())
    )


async def _spoken(circle: Circle, request: Request) -> str:
    """Give the language of the link's owner; raise LinkBad when it has none."""
    return circle.answers.language(request, (await _found(circle, request)).language)


def _as_sent(offer: NewsletterChoice, sent: Choices) -> NewsletterChoice:
    """Give what was ticked in a form that has to be mended."""
    return offer.ticked(offer.name in sent.newsletters, sent.newsletters.get(offer.name) or ())


def _notice(circle: Circle, done: str, language: str) -> str:
    _ = circle.words(language)
    said = {
        "saved": _("Your settings are saved."),
        "paused": _("You have a break. Afterwards it goes on by itself."),
        "resumed": _("It goes on from the next issue."),
        "moving": _("A message is on its way to the new address. Press the link in it, and it is changed."),
        "left": _("You have left all our newsletters."),
    }
    return said.get(done, "")


DOING: Mapping[str, Callable[[Circle, Request, Fields], Awaitable[Response]]] = {
    "save": _save,
    "pause": _pause,
    "resume": _resume,
    "move": _move,
    "renew": _renew,
    "leave": _leave,
    "export": _export,
    "erase": _erase,
}
