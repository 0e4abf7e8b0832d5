"""Dates as they are read and written in Britain, with their time zone never in doubt."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

_FORMS = ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y-%m-%d", "%d %B %Y", "%d %b %Y")
_CLOCKS = ("%H:%M", "%H.%M", "%I:%M%p", "%I.%M%p", "%I%p")
END_OF_DAY = "23:59"


class NotADate(ValueError):
    """Words that are no date. The message is a sentence for whoever wrote them."""


def when(at: datetime) -> str:
    """`22 November 2026 at 17:04`, in this computer's time zone."""
    return f"{at.astimezone():%-d %B %Y at %H:%M}"


def moment(words: str, zone: str = "") -> datetime:
    """The moment that words such as `11/12/2026 17:00` or `11 December 2026, 5pm` mean, in UTC.

    The day comes first: 11/12 is in December. A date alone means its last minute. `zone` is
    a name such as Europe/London; without one it is this computer's own. Raises NotADate, also
    for an hour that the change to summer time leaves out.
    """
    plain = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", words, flags=re.I)  # 11th
    plain = re.sub(r"(?<=\d)T(?=\d)|,| at |\b[A-Za-z]+day\b", " ", plain)
    plain = re.sub(r"(?<=\d)\s+(?=[ap]m\b)", "", plain, flags=re.I)  # 5 pm
    plain = " ".join(plain.split())
    for form in _FORMS:
        for clock in ("", *_CLOCKS):
            try:
                found = datetime.strptime(plain if clock else f"{plain} {END_OF_DAY}",
                                          f"{form} {clock or '%H:%M'}")
            except ValueError:
                continue
            return _there(found, zone, words)
    raise NotADate(f"“{words}” cannot be read as a date. Write the day first, such as "
                   "11/12/2026 17:00 or 11 December 2026 17:00.")


def _there(found: datetime, zone: str, words: str) -> datetime:
    place: tzinfo | None = None
    if zone:
        try:
            place = ZoneInfo(zone)
        except (OSError, ValueError, KeyError):
            raise NotADate(f"There is no time zone “{zone}”. Write a name such as Europe/London."
                           ) from None
    at = (found.replace(tzinfo=place) if place else found.astimezone()).astimezone(UTC)
    if place and at.astimezone(place).replace(tzinfo=None) != found:
        raise NotADate(f"“{words}” does not exist in {zone}: the clocks go forward over that hour.")
    return at


def distance(at: datetime, now: datetime) -> str:
    """How far off a moment is, roughly, in words: `in 3 days`, `2 hours ago`."""
    gap = abs(at - now)
    for size, name in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"),
                       (timedelta(minutes=1), "minute")):
        if gap >= size:
            count = int(gap / size)
            words = f"{count} {name}{'' if count == 1 else 's'}"
            return f"in {words}" if at > now else f"{words} ago"
    return "now"
