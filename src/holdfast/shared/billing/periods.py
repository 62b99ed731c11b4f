"""Periods: half-open spans of whole days in a business's own timezone, counted from an anchor without drift.

A subscription that begins on 31 January is renewed on 28 February and then on 31 March: every period is worked out
from the anchor, never from the one before it. A period begins and ends at local midnight (``clock.start_of``), so that
one with a change to summer time in it is an hour shorter and costs the same.
"""

import calendar
from datetime import date, timedelta
from enum import StrEnum

import msgspec


class Interval(StrEnum):
    """What a period is a number of."""

    day = "day"
    week = "week"
    month = "month"
    year = "year"


class Period(msgspec.Struct, frozen=True, order=True):
    """The days from one date up to another, which is not in it."""

    starts_on: date
    ends_on: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.ends_on - self.starts_on).days

    def holds(self, day: date) -> bool:
        """Whether a day is in it."""
        return self.starts_on <= day < self.ends_on


def moved(anchor: date, interval: Interval, number: int) -> date:
    """The date so many intervals after the anchor; a day that the month does not have is its last."""
    if interval is Interval.day:
        return anchor + timedelta(days=number)
    if interval is Interval.week:
        return anchor + timedelta(weeks=number)
    months = number * (12 if interval is Interval.year else 1)
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return date(year, month + 1, min(anchor.day, calendar.monthrange(year, month + 1)[1]))


def nth(anchor: date, interval: Interval, count: int, number: int) -> Period:
    """The period of that number, from 0; each ends where the next begins."""
    return Period(moved(anchor, interval, number * count), moved(anchor, interval, (number + 1) * count))


def number_of(anchor: date, interval: Interval, count: int, day: date) -> int:
    """The number of the period in which a day is; negative before the anchor."""
    length = {Interval.day: 1.0, Interval.week: 7.0, Interval.month: 30.436875, Interval.year: 365.2425}[interval]
    guess = int((day - anchor).days // (length * count))
    while nth(anchor, interval, count, guess).starts_on > day:
        guess -= 1
    while nth(anchor, interval, count, guess).ends_on <= day:
        guess += 1
    return guess


def following(anchor: date, interval: Interval, count: int, start: date) -> Period:
    """The period that begins on a date: a whole one on the grid of the anchor, or what is left of the one it is in."""
    whole = nth(anchor, interval, count, number_of(anchor, interval, count, start))
    return Period(start, whole.ends_on)


def whole(anchor: date, interval: Interval, count: int, day: date) -> Period:
    """The whole period on the anchor's grid in which a day is."""
    return nth(anchor, interval, count, number_of(anchor, interval, count, day))
