"""Put a date of SDTM together from what was entered."""

import re
from collections.abc import Mapping, Sequence

from mitograft.trial.edc.sources import Order
from mitograft.trial.sdtm.dates import parse_date

__all__ = ["compose_date", "compose_time"]

_UNKNOWN = {"", "-", "--", "UN", "UNK", "UNKNOWN"}
_MONTHS = {
    name: f"{number:02}"
    for number, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), start=1
    )
}
_WORDS = re.compile(r"([^-/. ]+)(?:[-/. ]([^-/. ]+))?(?:[-/. ]([^-/. ]+))?")
_TIMED = re.compile(r"(.*\d)[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(:\d{2}(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?")
_PLACES: Mapping[Order, Mapping[int, str]] = {
    "YMD": {1: "Y", 2: "YM", 3: "YMD"},
    "DMY": {1: "Y", 2: "MY", 3: "DMY"},
    "MDY": {1: "Y", 2: "MY", 3: "MDY"},
}


def compose_date(parts: Sequence[str], order: Order = "YMD", time: str = "") -> str | None:
    """Return a date in ISO 8601, partial where parts are unknown; empty where nothing is known.

    Parameters
    ----------
    parts
        One text, or year, month and day.
    order
        Order of the parts within one text.
    time
        Time of day; kept only with a complete date.

    Returns
    -------
    text
        None where the parts are no date.

    >>> compose_date(["UN-MAR-2023"], "DMY"), compose_date(["2023", "", "15"])
    ('2023-03', '2023---15')
    >>> compose_date(["30/02/2023"], "DMY") is None
    True
    """
    if len(parts) == 1:
        text = parts[0].strip()
        if order == "YMD" and not time and parse_date(text) is not None:
            return text
        timed = _TIMED.fullmatch(text)
        if timed is not None:
            text, time = timed[1], time or timed[2]
        found = _split(text, order)
    else:
        found = dict(zip("YMD", (part.strip() for part in parts), strict=True))
    if found is None:
        return None
    day = _join(found)
    clock = compose_time(time) if time else ""
    if day is None or clock is None:
        return None
    whole = parse_date(day) if day else None
    if day and whole is None:
        return None
    return f"{day}T{clock}" if clock and whole is not None and whole.complete else day


def _split(text: str, order: Order) -> dict[str, str] | None:
    """Take one text apart; None where it has no parts of a date."""
    if text.upper() in _UNKNOWN:
        return {}
    words = _WORDS.fullmatch(text)
    if words is None:
        return None
    given = [word for word in words.groups() if word is not None]
    return dict(zip(_PLACES[order][len(given)], given, strict=True))


def _join(found: Mapping[str, str]) -> str | None:
    """Write year, month and day; a gap for a month or year unknown before something known."""
    known = {key: "" if word.upper() in _UNKNOWN else word for key, word in found.items()}
    year, month, day = (known.get(key, "") for key in "YMD")
    month = _MONTHS.get(month.upper(), month)
    if not all(
        re.fullmatch(p, t, re.ASCII)
        for p, t in ((r"(\d{4})?", year), (r"(\d\d?)?", month), (r"(\d\d?)?", day))
    ):
        return None
    text = year or "-"
    if month or day:
        text += f"-{month.zfill(2)}" if month else "--"
    if day:
        text += f"-{day.zfill(2)}"
    return "" if text == "-" else text


def compose_time(text: str) -> str | None:
    """Return a time of day with hours of two digits; None where it is none.

    >>> compose_time("9:05"), compose_time("25:00")
    ('09:05', None)
    """
    match = _TIME.fullmatch(text.strip())
    if match is None or parse_date(f"2000-01-01T{match[1].zfill(2)}:{match[2]}{match[3] or ''}") is None:
        return None
    return f"{match[1].zfill(2)}:{match[2]}{match[3] or ''}{match[4] or ''}"
