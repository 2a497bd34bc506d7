"""Archives (DOCX, XLSX) whose bytes depend on their content alone."""

import io
import zipfile
from datetime import datetime

__all__ = ["with_fixed_dates"]


def with_fixed_dates(data: bytes, moment: datetime) -> bytes:
    """Return a ZIP archive in which every entry bears one date; the entries keep their order.

    Parameters
    ----------
    data
        The archive, written by a library that stamps its entries with the clock.
    moment
        The date they get.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return stream.getvalue()
