"""A new folder, whole or not at all."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from mitograft.errors import UsageError
from mitograft.provenance.faults import fault_of

__all__ = ["new_directory"]


@contextlib.contextmanager
def new_directory(final: Path) -> Iterator[Path]:
    """Build a folder beside its final place and rename it at the end, so that nothing half done stays behind.

    Yields
    ------
    Path
        The folder to fill.

    Raises
    ------
    UsageError
        If there is something at the final place already, or no folder to make it in.
    EnvironmentFault
        If the machine refuses.
    """
    if final.exists() and (not final.is_dir() or any(final.iterdir())):
        raise UsageError(f"{final}: found something there already; expected a new or empty folder.")
    if not final.absolute().parent.is_dir():
        raise UsageError(
            f"{final}: found no folder {final.absolute().parent} to make it in. Make that first."
        )
    build = final.with_name(f".{final.name}.new")
    try:
        shutil.rmtree(build, ignore_errors=True)
        build.mkdir()
        yield build
        if final.exists():
            final.rmdir()
        build.rename(final)
    except OSError as error:
        raise fault_of(error, "write", final) from error
    finally:
        shutil.rmtree(build, ignore_errors=True)
