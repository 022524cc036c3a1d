"""What a form offers to choose from, and what was ticked in it: newsletters with their subjects. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.following import Choice, Following
from newsletter.people import Offer
from pressroom.settings import Config
from pressroom.web.forms import Fields


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


def wishes(fields: Fields, offer: Offer) -> dict[str, Choice]:
    """Give what was ticked: each newsletter with its categories, None where there is but one."""
    return {
        name: fields.all(f"category-{name}") if len(offer.newsletters.get(name, ())) > 1 else None
        for name in fields.all("newsletter")
    }


def without_subject(wishes: Mapping[str, Choice]) -> list[str]:
    """Name the newsletters that are wanted, and nothing of them."""
    return [name for name, chosen in wishes.items() if chosen == ()]


def on_offer(
    config: Config, offer: Offer, wishes: Mapping[str, Choice], language: str
) -> list[NewsletterChoice]:
    """Give the newsletters that anybody may follow; one that is alone needs no choosing."""
    names = [name for name in offer.newsletters if name not in offer.closed]
    return [
        NewsletterChoice(
            name,
            config.newsletters[name].title,
            config.newsletters[name].intro,
            chosen=len(names) == 1 or name in wishes,
            categories=_categories(config, offer.newsletters[name], wishes.get(name), language),
        )
        for name in names
    ]


def followed(
    config: Config, offer: Offer, following: Sequence[Following], language: str
) -> Iterator[NewsletterChoice]:
    """Give a person's newsletters as they are chosen, and the others that there are."""
    for each in following:
        if each.newsletter not in offer.newsletters:
            continue  # it is gone from the configuration: nothing of it is sent any more
        categories = _categories(config, offer.newsletters[each.newsletter], each.categories, language)
        known = config.newsletters[each.newsletter]
        yield NewsletterChoice(
            each.newsletter, known.title, known.intro, each.state == "active", categories, each.paused_until
        )


def _categories(
    config: Config, names: Collection[str], chosen: Choice, language: str
) -> tuple[CategoryChoice, ...]:
    return tuple(
        CategoryChoice(name, _title(config, name, language), chosen is None or name in chosen)
        for name in names
    )


def _title(config: Config, category: str, language: str) -> str:
    titles = config.categories[category].title
    return titles.get(language) or next(iter(titles.values()), category)
