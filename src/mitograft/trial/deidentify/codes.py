"""Codes from a secret key: the same input always gets the same code, and no code leads back without the key.

A code is HMAC-SHA256 of what is coded, named by its purpose, so that a subject and a lot of one name get
different codes (RFC 2104; FIPS 198-1).
"""

import base64
import hashlib
import hmac

from mitograft.errors import UsageError

__all__ = ["CODE_LENGTH", "FEWEST_KEY_BYTES", "check_key", "derive_number", "make_code", "subject_code"]

FEWEST_KEY_BYTES = 16
CODE_LENGTH = 12
"""Characters of a code; 60 bits, so that two of ten thousand subjects agree once in 20 thousand million."""


def check_key(key: bytes) -> None:
    """Refuse a key that could be guessed.

    Raises
    ------
    UsageError
        If it has fewer than ``FEWEST_KEY_BYTES`` bytes.
    """
    if len(key) < FEWEST_KEY_BYTES:
        raise UsageError(
            f"De-identification: found a key of {len(key)} bytes; expected {FEWEST_KEY_BYTES} at least. "
            "Draw one at random (for example with secrets.token_bytes) and keep it apart from the data."
        )


def make_code(key: bytes, purpose: str, text: str) -> str:
    """Return the code of a text for one purpose: capital letters and the digits 2 to 7.

    >>> make_code(b"0123456789abcdef", "subject", "PN-01-001")
    'IVDMQT4TTBBP'
    """
    return base64.b32encode(_digest(key, purpose, text)).decode()[:CODE_LENGTH]


def derive_number(key: bytes, purpose: str, text: str, below: int) -> int:
    """Return a whole number from 0 to ``below`` - 1, drawn evenly by the key."""
    return int.from_bytes(_digest(key, purpose, text), "big") % below


def subject_code(key: bytes, usubjid: str) -> str:
    """Return the new SUBJID of a subject; who holds the key can find a subject again by it."""
    return make_code(key, "subject", usubjid)


def _digest(key: bytes, purpose: str, text: str) -> bytes:
    return hmac.new(key, f"{purpose}\0{text}".encode(), hashlib.sha256).digest()
