"""Filters on dates: when the file was created or modified or came to its folder, or the image was taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from snapsortd.rules.filters.bounds import Range, format_bounds, within
from snapsortd.rules.filters.filter import Facts, Verdict
from snapsortd.rules.filters.patterns import either

_DAY = 86400.0
_TICK = timedelta(milliseconds=1)
_NO_DATE = {"taken": "the image has no date taken", "added": "it is not known when it was added"}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""In the order of `datetime.weekday`; in English whatever the locale, unlike `%A`."""


@dataclass(frozen=True, slots=True)
class AgeFilter:
    """The time since the file was created, modified or added, or the image taken, in seconds, is within all bounds.

    An image without a date taken matches neither this nor its opposite.
    """

    bounds: Range
    of: str = "modified"

    def check(self, facts: Facts) -> Verdict:
        date = _date(facts, self.of)
        if date is None:
            return Verdict(None, _NO_DATE[self.of], format_bounds(self.bounds))
        if date.tzinfo is None:
            date = date.replace(tzinfo=facts.now.tzinfo)
        fact = f"{self.of} {(facts.now - date).total_seconds() / _DAY:.1f} days ago"
        until = self._until(date, facts.now)
        return Verdict(self._holds(date, facts.now), fact, format_bounds(self.bounds), until=until)

    def _holds(self, date: datetime, now: datetime) -> bool:
        return within((now - date).total_seconds(), self.bounds)

    def _until(self, date: datetime, now: datetime) -> datetime | None:
        """Return the first moment after `now` at which the answer is another one, or None."""
        moments = sorted(each for bound in self.bounds for each in _around(date, bound.number) if each > now)
        holds = self._holds(date, now)
        return next((each for each in moments if self._holds(date, each) is not holds), None)


@dataclass(frozen=True, slots=True)
class DateBound:
    """One bound, such as `< 2024-06`; its period, a year to a minute, is from `start` to before `end` (both naive)."""

    operator: str
    start: datetime
    end: datetime
    text: str

    def holds(self, date: datetime) -> bool:
        """Return True if the naive date is within this bound."""
        match self.operator:
            case "<":
                return date < self.start
            case "<=":
                return date < self.end
            case ">":
                return date >= self.end
            case ">=":
                return date >= self.start
            case "==":
                return self.start <= date < self.end
            case _:
                return not self.start <= date < self.end


@dataclass(frozen=True, slots=True)
class DateFilter:
    """A date is within all bounds, as local wall-clock time, which is also what templates write.

    An image without a date taken matches neither this nor its opposite.
    """

    bounds: tuple[DateBound, ...]
    of: str = "modified"

    def check(self, facts: Facts) -> Verdict:
        wanted = " and ".join(bound.text for bound in self.bounds)
        date = _date(facts, self.of)
        if date is None:
            return Verdict(None, _NO_DATE[self.of], wanted)
        wall = date.replace(tzinfo=None)
        return Verdict(all(bound.holds(wall) for bound in self.bounds), f"{self.of} {wall:%Y-%m-%d %H:%M}", wanted)


@dataclass(frozen=True, slots=True)
class WeekdayFilter:
    """Match if the date falls on one of `days` (names as in `DAYS`), in local wall-clock time.

    An image without a date taken matches neither this nor its opposite.
    """

    days: tuple[str, ...]
    of: str = "modified"

    def check(self, facts: Facts) -> Verdict:
        wanted = either(self.days)
        date = _date(facts, self.of)
        if date is None:
            return Verdict(None, _NO_DATE[self.of], wanted)
        day = DAYS[date.weekday()]  # of the date as it is written, whatever its time zone
        return Verdict(day in self.days, f"{self.of} on {day}", wanted)


def _around(date: datetime, seconds: float) -> tuple[datetime, ...]:
    """Return when a file of this date is exactly so old, and when it is older; nothing if the calendar ends before."""
    try:
        exactly = date + timedelta(seconds=seconds)
        return exactly, exactly + _TICK
    except OverflowError:
        return ()


def _date(facts: Facts, of: str) -> datetime | None:
    file = facts.file
    dates = {"added": file.added, "created": file.created, "modified": file.modified}
    return facts.classification.image.taken if of == "taken" else dates[of]
