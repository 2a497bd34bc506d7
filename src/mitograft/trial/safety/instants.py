"""When something can have happened, to the minute: the earliest and latest instant a date of SDTM allows."""

import re
from datetime import datetime, time

from mitograft.trial.sdtm.dates import parse_date

__all__ = ["ALWAYS", "Interval", "possible_instants"]

Interval = tuple[datetime, datetime]
ALWAYS: Interval = (datetime.min, datetime.max)
"""What an empty text allows."""

_TIME = re.compile(r"^(\d{2})(?::(\d{2}))?")


def possible_instants(text: str | None) -> Interval:
    """Return the earliest and latest minute a text allows; ``ALWAYS`` where it says nothing.

    Seconds and zones are not used: times of one site are compared with each other.

    >>> low, high = possible_instants("2022-06-06T10:53")
    >>> low == high, f"{low:%d %H:%M}"
    (True, '06 10:53')
    >>> [f"{moment:%m-%d %H:%M}" for moment in possible_instants("2022-06")]
    ['06-01 00:00', '06-30 23:59']
    """
    found = parse_date(text) if text else None
    days = found.days() if found else None
    if found is None or days is None:
        return ALWAYS
    clock = _TIME.match(found.time or "") if found.complete else None
    if clock is None:
        return datetime.combine(days[0], time(0, 0)), datetime.combine(days[1], time(23, 59))
    hour, minute = int(clock[1]), clock[2]
    first, last = (int(minute), int(minute)) if minute else (0, 59)
    return datetime.combine(days[0], time(hour, first)), datetime.combine(days[0], time(hour, last))
