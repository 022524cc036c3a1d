"""What a form offers to choose from, and what is ticked in it: the values of the templates. Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.following import Following
from newsletter.people import Offer
from pressroom.settings import Config


@dataclass(frozen=True, slots=True)
class CategoryChoice:
    name: str
    title: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class NewsletterChoice:
    """`paused` is until when, if it is."""

    name: str
    title: str
    intro: str
    chosen: bool
    categories: tuple[CategoryChoice, ...] = ()
    paused: datetime | None = None

    def ticked(self, chosen: bool, categories: Collection[str]) -> "NewsletterChoice":  # noqa: FBT001
        """Give the choice with other ticks."""
        ticks = tuple(replace(each, chosen=each.name in categories) for each in self.categories)
        return replace(self, chosen=chosen, categories=ticks)


def newsletters_on_offer(config: Config, offer: Offer, chosen: Collection[str]) -> list[NewsletterChoice]:
    """Give the newsletters that anybody may follow; one that is alone needs no choosing."""
    names = [name for name in offer.newsletters if name not in offer.closed]
    return [_choice(config, name, len(names) == 1 or name in chosen) for name in names]


def categories_on_offer(
    config: Config, offer: Offer, chosen: Collection[str] | None, language: str
) -> tuple[CategoryChoice, ...]:
    """Give the categories that the open newsletters have, in the order of the configuration."""
    found = {
        category
        for name, offered in offer.newsletters.items()
        if name not in offer.closed
        for category in offered
    }
    return _categories(config, [name for name in config.categories if name in found], chosen, language)


def followed(
    config: Config, offer: Offer, following: Sequence[Following], language: str
) -> Iterator[NewsletterChoice]:
    """Give a person's newsletters as they are chosen, and the others that there are."""
    for each in following:
        if each.newsletter not in offer.newsletters:
            continue  # it is gone from the configuration: nothing of it is sent any more
        offered = list(offer.newsletters[each.newsletter])
        categories = _categories(config, offered, each.categories, language)
        known = config.newsletters[each.newsletter]
        yield NewsletterChoice(
            each.newsletter, known.title, known.intro, each.state == "active", categories, each.paused_until
        )


def _choice(config: Config, name: str, chosen: bool) -> NewsletterChoice:  # noqa: FBT001
    known = config.newsletters[name]
    return NewsletterChoice(name, known.title, known.intro, chosen)


def _categories(
    config: Config, names: Sequence[str], chosen: Collection[str] | None, language: str
) -> tuple[CategoryChoice, ...]:
    return tuple(
        CategoryChoice(name, _title(config, name, language), chosen is None or name in chosen)
        for name in names
    )


def _title(config: Config, category: str, language: str) -> str:
    titles = config.categories[category].title
    return titles.get(language) or next(iter(titles.values()), category)
