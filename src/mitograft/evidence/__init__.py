"""Evidence: one estimated quantity with its interval and origin; the one currency between stages.

``row`` says what a row is and which rules it keeps, ``files`` turns rows into the bytes of a file and back.
"""

from mitograft.evidence.files import decode_evidence, encode_evidence, load_evidence
from mitograft.evidence.row import DataKind, Evidence, filter_evidence

__all__ = [
    "DataKind",
    "Evidence",
    "decode_evidence",
    "encode_evidence",
    "filter_evidence",
    "load_evidence",
]
