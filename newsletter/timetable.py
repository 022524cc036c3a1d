"""The two spellings of a schedule, read into rules for APScheduler: words ("fri 07:00") and cron.

Cron means here what it means everywhere: 0 and 7 are Sunday (APScheduler's 0 is Monday), and where both
the day of the month and the weekday are given, either is enough (APScheduler wants both). Every value
is checked and listed here, so that what a person mistyped is answered in the words of what was typed.
Called by `newsletter.schedule` only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.errors import ScheduleError

# The fields of APScheduler's CronTrigger.
Rule = dict[str, str]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ORDINALS = {"first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "last": "last"}
LONGEST = 200

EXAMPLES = (
    "write it as 'fri 07:00', 'mon,thu 08:30', 'daily 06:00', 'weekdays 07:00', 'monthly 1 07:00', "
    "'monthly last 07:00', 'monthly first-mon 07:00', or as five fields of cron: '0 7 * * fri'"
)


@dataclass(frozen=True, slots=True)
class CronField:
    """One of the five, in cron's own numbers; the weekday's 7 becomes 0 when it is read."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


FIELDS = (
    CronField("minute", 0, 59),
    CronField("hour", 0, 23),
    CronField("day", 1, 31),
    CronField("month", 1, 12, MONTHS),
    CronField("weekday", 0, 7, ("sun", *DAYS[:-1])),
)


def read(text: str) -> tuple[str, tuple[Rule, ...]]:
    """Give the shortest spelling of the schedule and the rules that find its minutes."""
    words = text.lower().split()
    if len(text) > LONGEST or not text.isascii():
        message = f"this is not a schedule; {EXAMPLES}"
        raise ScheduleError(message)
    if len(words) == len(FIELDS) and ":" not in text:
        return " ".join(words), _cron(words, text)
    return _in_words(words, text)


def _in_words(words: list[str], text: str) -> tuple[str, tuple[Rule, ...]]:
    match words:
        case ["monthly", word, time]:
            day, rule = _day_of_month(word, text)
            when = f"monthly {day}"
        case [word, time]:
            when, rule = _days(word, text)
        case _:
            message = f"'{text}' is not a schedule; {EXAMPLES}"
            raise ScheduleError(message)
    hour, minute = _time(time, text)
    return f"{when} {hour:02}:{minute:02}", ({**rule, "hour": str(hour), "minute": str(minute)},)


def _days(word: str, text: str) -> tuple[str, Rule]:
    if word == "daily":
        return word, {}
    if word == "weekdays":
        return word, {"day_of_week": "mon-fri"}
    listed = ",".join(sorted({_weekday(day, text) for day in word.split(",")}, key=DAYS.index))
    return listed, {"day_of_week": listed}


def _day_of_month(word: str, text: str) -> tuple[str, Rule]:
    ordinal, _, day = word.partition("-")
    if word == "last":
        return word, {"day": "last"}
    if ordinal in ORDINALS and day:
        weekday = _weekday(day, text)
        return f"{ordinal}-{weekday}", {"day": f"{ORDINALS[ordinal]} {weekday}"}
    if not re.fullmatch("[0-9]{1,2}", word) or not 1 <= int(word) <= 31:  # noqa: PLR2004
        message = f"'{word}' in '{text}' is no day of a month; write 1 to 28, last, or as first-mon, last-fri"
        raise ScheduleError(message)
    if int(word) > 28:  # noqa: PLR2004
        message = f"'{text}' would be left out in the months that have no day {word}; write 'monthly last'"
        raise ScheduleError(message)
    return str(int(word)), {"day": str(int(word))}


def _weekday(word: str, text: str) -> str:
    for short, long in zip(DAYS, LONG_DAYS, strict=True):
        if word in (short, long):
            return short
    message = (
        f"'{word}' in '{text}' is no day; write mon, tue, wed, thu, fri, sat or sun, several with commas"
    )
    raise ScheduleError(message)


def _time(word: str, text: str) -> tuple[int, int]:
    match = re.fullmatch("([0-9]{1,2}):([0-9]{2})", word)
    if not match or int(match[1]) > 23 or int(match[2]) > 59:  # noqa: PLR2004
        message = f"'{word}' in '{text}' is no time of day; write it as 07:00 or 16:30"
        raise ScheduleError(message)
    return int(match[1]), int(match[2])


def _cron(words: list[str], text: str) -> tuple[Rule, ...]:
    minute, hour, day, month, weekday = (
        _values(word, field, text) for word, field in zip(words, FIELDS, strict=True)
    )
    if len(minute) > 1:
        message = (
            f"'{text}' would fire {len(minute)} times an hour; a newsletter is sent at most once an hour: "
            f"write one minute, as '{minute[0]} {' '.join(words[1:])}'"
        )
        raise ScheduleError(message)
    rule = {"minute": str(minute[0]), "hour": _listed(hour), "month": _listed(month)}
    days = {"day": _listed(day)}
    weekdays = {"day_of_week": ",".join(DAYS[(number - 1) % 7] for number in weekday)}
    if words[2].startswith("*") or words[4].startswith("*"):
        return ({**rule, **days, **weekdays},)
    return ({**rule, **days}, {**rule, **weekdays})


def _listed(values: list[int]) -> str:
    return ",".join(map(str, values))


def _values(word: str, field: CronField, text: str) -> list[int]:
    found: set[int] = set()
    for part in word.split(","):
        found.update(_range(part, field, text))
    return sorted({0 if field.name == "weekday" and value == 7 else value for value in found})  # noqa: PLR2004


def _range(part: str, field: CronField, text: str) -> Iterator[int]:
    span, slash, step = part.partition("/")
    if slash and not (re.fullmatch("[0-9]{1,2}", step) and int(step) > 0):
        _refuse(part, field, text, "the step after / is a number above 0")
    first, dash, last = span.partition("-")
    if span == "*":
        low, high = field.low, field.high
    else:
        low = _number(first, field, text)
        # As in cron, a step without an end ("5/15") runs to the end of the field.
        high = _number(last, field, text) if dash else field.high if slash else low
        if dash and field.name == "weekday" and high == 0:
            high = 7  # "fri-sun"
    if low > high:
        _refuse(part, field, text, "the range runs backwards; write it as two, with a comma")
    yield from range(low, high + 1, int(step) if slash else 1)


def _number(word: str, field: CronField, text: str) -> int:
    if word in field.names:
        return field.names.index(word) + field.low
    if not re.fullmatch("[0-9]{1,2}", word) or not field.low <= int(word) <= field.high:
        names = f" or {field.names[0]} to {field.names[-1]}" if field.names else ""
        _refuse(word, field, text, f"it is {field.low} to {field.high}{names}")
    return int(word)


def _refuse(part: str, field: CronField, text: str, why: str) -> None:
    message = f"'{part}' cannot be the {field.name} in '{text}': {why}"
    raise ScheduleError(message)
