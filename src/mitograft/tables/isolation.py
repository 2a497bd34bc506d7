"""Run the decoder of workbooks and Parquet files in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from mitograft.errors import EnvironmentFault, InternalError
from mitograft.tables import decoder
from mitograft.tables.problems import refuse, refuse_damaged

__all__ = ["decode"]

_PATIENCE_SECONDS = 300
_UNHANDLED = 1
_NAMES = {"workbook": "workbook", "parquet": "Parquet file"}
_SHOWN = 500


def decode(data: bytes, file: str, kind: str, *limits: int) -> tuple[dict[str, Any], memoryview]:
    """Decode ``data`` in a child process.

    Parameters
    ----------
    data, file
        The content, and the file name for messages.
    kind, limits
        What ``decoder.main`` takes: ``workbook``, or ``parquet`` with the most rows and cells.

    Returns
    -------
    heading, blocks
        The decoder's heading and the bytes after it.

    Raises
    ------
    InputError
        If the content cannot be decoded, for whatever reason, or not in reasonable time.
    EnvironmentFault
        If the process cannot be started.
    """
    command = [sys.executable, "-P", str(Path(decoder.__file__)), kind, *map(str, limits)]
    try:
        # The command is this Python and a file of this package; the untrusted content goes to its input.
        child = subprocess.run(  # noqa: S603
            command, input=data, capture_output=True, check=False, timeout=_PATIENCE_SECONDS
        )
    except subprocess.TimeoutExpired:
        refuse(
            file,
            "too-large",
            found=f"a {_NAMES[kind]} that takes more than {_PATIENCE_SECONDS} seconds to read",
            expected="a table of ordinary size",
            remedy="Save the table as CSV in UTF-8.",
        )
    except OSError as fault:
        raise EnvironmentFault(
            f"{file}: cannot start the process that reads it ({fault.strerror}). Save it as CSV in UTF-8."
        ) from None
    if child.returncode == _UNHANDLED:
        reason = child.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise InternalError(f"The decoder of a {_NAMES[kind]} failed: {' '.join(reason)[:_SHOWN]}")
    if child.returncode:
        refuse_damaged(file, _NAMES[kind])
    heading, _, blocks = child.stdout.partition(b"\n")
    return json.loads(heading), memoryview(blocks)
