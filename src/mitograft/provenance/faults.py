"""Say in a sentence what the machine refused, and whether the person can mend it."""

import errno
from pathlib import Path

from mitograft.errors import EnvironmentFault, MitograftError, UsageError

__all__ = ["fault_of"]

# A path that is not there, or is a folder where a file belongs, is for the person to mend.
_OF_THE_PERSON = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP})

_SENTENCES = {
    errno.ENOENT: ("no such file or folder", "a path that exists", "Check the path"),
    errno.ENOTDIR: ("a file where a folder is needed", "a folder", "Check the path"),
    errno.EISDIR: ("a folder", "a file", "Name a file"),
    errno.ENAMETOOLONG: ("a name that is too long", "a shorter name", "Choose a shorter name"),
    errno.ELOOP: ("a link that leads back to itself", "a file or folder", "Remove the link"),
    errno.ENOSPC: ("a full disk", "room for the whole file", "Free some space and run again"),
    errno.EDQUOT: ("a used-up disk quota", "room for the whole file", "Free some space and run again"),
    errno.EACCES: ("no permission", "permission for this account", "Change the permission or the place"),
    errno.EPERM: ("no permission", "permission for this account", "Change the permission or the place"),
    errno.EROFS: ("a read-only disk", "a disk that can be written", "Choose another place"),
    errno.EBUSY: ("a file or folder in use", "one that is free", "Close what uses it and run again"),
}


def fault_of(error: OSError, action: str, path: Path) -> MitograftError:
    """Turn an error of the operating system into an error of mitograft.

    Parameters
    ----------
    error
        What the operating system said.
    action
        The verb of the sentence: ``write``, ``read``, ``lock``.
    path
        The file or folder as the user named it.

    Returns
    -------
    UsageError
        For a path that is wrong (missing, a folder instead of a file).
    EnvironmentFault
        For everything the machine refused: space, permission, device.
    """
    unknown = (error.strerror or type(error).__name__, "success", "Ask whoever keeps this machine")
    found, expected, remedy = _SENTENCES.get(error.errno or 0, unknown)
    kind = UsageError if error.errno in _OF_THE_PERSON else EnvironmentFault
    return kind(f"Cannot {action} '{path}': found {found}, expected {expected}. {remedy}.")
