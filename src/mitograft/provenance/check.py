"""Check a finished output folder against its own manifest and audit log."""

from pathlib import Path

from mitograft.errors import InputError
from mitograft.provenance.audit import AUDIT_NAME, AuditLog
from mitograft.provenance.manifest import Manifest

__all__ = ["verify_folder"]


def verify_folder(folder: Path, root: Path | None = None) -> list[str]:
    """Return everything that no longer is as the run left it, a sentence each; empty where all is whole.

    Checked are the manifest itself, every output, the audit log, and, where the study folder ``root`` is
    given, the inputs.

    Raises
    ------
    UsageError, EnvironmentFault
        If the folder has no manifest, or something in it cannot be read.
    """
    log = AuditLog(folder / AUDIT_NAME)
    try:
        manifest = Manifest.load(folder)
    except InputError as error:
        return [str(violation) for violation in error.violations] + log.verify()
    return manifest.verify(folder, root) + log.verify(manifest.audit_head)
