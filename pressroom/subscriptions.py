"""What can be subscribed to, as the configuration says; the commands, the demo and the pages ask here."""

from content.languages import Catalogues
from newsletter.people import Offer
from pressroom.settings import Config


def offer_of(config: Config) -> Offer:
    """Give the newsletters with their categories, and the languages of mails."""
    everything = tuple(config.categories)
    languages = {*Catalogues(config.templates).languages(), config.organisation.language}
    languages |= {config.language(name) for name in config.newsletters}
    newsletters = {name: each.categories or everything for name, each in config.newsletters.items()}
    closed = frozenset(name for name, each in config.newsletters.items() if each.signup == "closed")
    return Offer(newsletters, sorted(languages), closed)
