"""The time that manifests and audit logs record."""

import os
from datetime import UTC, datetime, timedelta

from mitograft.errors import UsageError

__all__ = ["utc_now"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> str:
    """Return the time in UTC to the second, or that of SOURCE_DATE_EPOCH where it is set.

    Raises
    ------
    UsageError
        If SOURCE_DATE_EPOCH is not a whole number of seconds since 1970 (years 1970 to 9999).
    """
    text = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.now(UTC) if text is None else _from_epoch(text)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _from_epoch(text: str) -> datetime:
    try:
        if not (text.isascii() and text.isdigit()):
            raise ValueError
        return _EPOCH + timedelta(seconds=int(text))
    except (ValueError, OverflowError):
        raise UsageError(
            "Environment variable SOURCE_DATE_EPOCH: found something else, expected the seconds since 1970 "
            "as a whole number. Correct it or unset it."
        ) from None
