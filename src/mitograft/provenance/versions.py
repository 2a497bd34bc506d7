"""Versions of the software that made a result."""

import functools
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass

from mitograft.provenance.hashing import file_names, sha256_folder
from mitograft.provenance.redact import package_folder

__all__ = ["Versions", "current_versions"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Versions:
    """The software that made a result.

    Parameters
    ----------
    mitograft, python
        Their versions.
    code_sha256
        SHA-256 of the package's own files (see ``sha256_folder``): two checkouts of one version can differ.
    platform
        Operating system and processor; never the name of the machine.
    packages
        The libraries that mitograft requires and the version of each that is installed.
    """

    mitograft: str
    python: str
    code_sha256: str
    platform: str
    packages: Mapping[str, str]


@functools.cache
def current_versions() -> Versions:
    """Return the versions of the running software; no library is imported for it."""
    from mitograft import __version__

    folder = package_folder()
    compiled = [name for name in file_names(folder) if "__pycache__" in name]
    return Versions(
        mitograft=__version__,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        code_sha256=sha256_folder(folder, leave_out=compiled),
        platform=platform.platform(),
        packages=_packages(),
    )


def _packages() -> dict[str, str]:
    from importlib import metadata

    try:
        required = metadata.requires("mitograft") or []
    except metadata.PackageNotFoundError:  # run from a folder of sources, never installed
        return {}
    names = [_NAME.match(line) for line in required if "extra ==" not in line]
    return {name.group(): _version(name.group()) for name in names if name}


def _version(name: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
