"""Hashes, manifest, audit log, atomic writes.

* ``atomic_write_bytes``, ``atomic_write_text``, ``atomic_directory``: whole content or none;
* ``sha256_file``, ``sha256_folder``, ``folder_records``: what a file or folder held;
* ``Manifest``, ``make_manifest``: what went in, what came out, made by which software and command;
* ``AuditLog``: the chained log of runs;
* ``verify_folder``: is a result still as its run left it?
"""

from mitograft.provenance.atomic import (
    MANIFEST_NAME,
    atomic_directory,
    atomic_write_bytes,
    atomic_write_text,
)
from mitograft.provenance.audit import AUDIT_NAME, AuditLog
from mitograft.provenance.chain import AuditEntry
from mitograft.provenance.check import verify_folder
from mitograft.provenance.fresh import new_directory
from mitograft.provenance.hashing import FileRecord, folder_records, record_file, sha256_file, sha256_folder
from mitograft.provenance.manifest import Manifest, foreign_files, make_manifest
from mitograft.provenance.redact import redact_command
from mitograft.provenance.versions import Versions, current_versions

__all__ = [
    "AUDIT_NAME",
    "MANIFEST_NAME",
    "AuditEntry",
    "AuditLog",
    "FileRecord",
    "Manifest",
    "Versions",
    "atomic_directory",
    "atomic_write_bytes",
    "atomic_write_text",
    "current_versions",
    "folder_records",
    "foreign_files",
    "make_manifest",
    "new_directory",
    "record_file",
    "redact_command",
    "sha256_file",
    "sha256_folder",
    "verify_folder",
]
