"""Items by year and month of the organisation's calendar, so that each stays reachable for ever.

Pure; called by `feeds.pages`. A page of a year lists its months; a year with many items has a page for
each month instead, so that no page grows without end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from content import addresses
from content.newsroom import Item

# A page of 200 lines is some 60 KB.
YEAR_ITEMS = 200


@dataclass(frozen=True, slots=True)
class Month:
    """`path` is its page, which exists only when its year is divided."""

    path: str
    first_day: date
    items: tuple[Item, ...]

    @property
    def count(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Year:
    path: str
    title: str
    months: tuple[Month, ...]

    @property
    def count(self) -> int:
        return sum(month.count for month in self.months)

    @property
    def divided(self) -> bool:
        return self.count > YEAR_ITEMS


def years(items: Iterable[Item], zone: str) -> tuple[Year, ...]:
    """Divide items, newest first, into years and months, newest first."""
    local = ZoneInfo(zone)
    by_month = groupby(items, key=lambda item: item.published.astimezone(local).date().replace(day=1))
    months = [_month(first, group) for first, group in by_month]
    by_year = groupby(months, key=lambda month: month.first_day.year)
    return tuple(
        Year(addresses.archive_page(f"{year:04}"), str(year), tuple(group)) for year, group in by_year
    )


def _month(first_day: date, items: Iterable[Item]) -> Month:
    return Month(addresses.archive_page(f"{first_day:%Y/%m}"), first_day, tuple(items))
