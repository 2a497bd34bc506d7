"""A lock between processes that a killed holder cannot leave behind.

The lock is the operating system's lock on an open file, which ends with its process. The lock file itself
is removed by whoever held it last; a killed holder leaves an empty file, which harms nobody.
"""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from mitograft.errors import UsageError
from mitograft.provenance.faults import fault_of

__all__ = ["locked"]

# Some network disks of clusters have no locks at all. A run by one person is safe there without one.
_NO_LOCKS_HERE = frozenset({errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})


@contextlib.contextmanager
def locked(target: Path, *, wait: bool) -> Iterator[None]:
    """Hold the lock ``.NAME.lock`` beside ``target``.

    Parameters
    ----------
    target
        The file or folder that the lock protects.
    wait
        Whether to wait for another holder, or to refuse.

    Raises
    ------
    UsageError
        If another process holds the lock and ``wait`` is False.
    EnvironmentFault
        If the lock file cannot be made.
    """
    path = target.with_name(f".{target.name}.lock")
    try:
        handle = _acquire(path, wait=wait)
    except OSError as error:
        raise fault_of(error, "lock", target) from error
    if handle is None:
        raise UsageError(
            f"Cannot write '{target}': found another run that is writing it, expected one run at a time. "
            "Wait until the other run has ended, or choose another place."
        )
    try:
        yield
    finally:
        # Removed while still held, so that nobody can hold a lock on a removed file (see _acquire).
        with contextlib.suppress(OSError):
            path.unlink()
        os.close(handle)


def _acquire(path: Path, *, wait: bool) -> int | None:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not _lock(handle, wait=wait):
                os.close(handle)
                return None
            if _is_still_there(path, handle):
                return handle
        except BaseException:
            os.close(handle)
            raise
        # The earlier holder removed the file between our opening and our locking: take the new one.
        os.close(handle)


def _is_still_there(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


if sys.platform == "win32":

    def _lock(handle: int, *, wait: bool) -> bool:
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            if wait:
                raise
            return False
        return True

else:

    def _lock(handle: int, *, wait: bool) -> bool:
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in _NO_LOCKS_HERE:
                raise
        return True
