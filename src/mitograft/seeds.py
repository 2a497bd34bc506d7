"""Named random streams: seed = f(study seed, path of the draw).

Every draw of a study has a path, for example ``stream(2024, "trial", "subject", 17, "mmt8")``. The path is
written down without ambiguity, hashed with SHA-256 and handed to numpy's ``SeedSequence``. A stream
therefore depends on its own path only: adding, removing or reordering other draws never changes it, and
neither does the number of workers.

The bit generator is Philox (Salmon et al., Parallel random numbers: as easy as 1, 2, 3; SC 2011,
doi:10.1145/2063384.2063405): a keyed, counter-based generator in which each key is a whole sequence of its
own, so that two streams with different keys cannot run into one another however long they are. The price is
some speed against PCG64DXSM, which does not matter beside what the numbers are used for.

numpy keeps the raw bits of a bit generator for good; how a ``Generator`` turns them into, say, normal
numbers may change between numpy versions (NEP 19). The manifest records numpy's version for this reason.
"""

import hashlib
import operator
from typing import TYPE_CHECKING

from mitograft.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["derive_seed", "stream"]

# Changing the encoding changes every simulated number: then raise the version in these two labels.
_STREAM = b"mitograft stream 1"
_DERIVED = b"mitograft derived seed 1"
_SEED_BITS = 63


def stream(seed: int, *path: str | int) -> "np.random.Generator":
    """Return the random generator of one draw.

    Parameters
    ----------
    seed
        The study's seed, any whole number.
    path
        Names and numbers that say which draw this is; at least one. The number 1 and the text "1" are
        different, and so are ("ab", "c") and ("a", "bc").

    Raises
    ------
    UsageError
        If the path is empty, or a part is neither text nor a whole number.
    """
    import numpy as np

    digest = _digest(_STREAM, seed, path)
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(int.from_bytes(digest, "big"))))


def derive_seed(seed: int, *path: str | int) -> int:
    """Return a seed from 0 to 2**63 - 1 for one draw, for a library that wants a number.

    It shares nothing with ``stream`` of the same path.

    Raises
    ------
    UsageError
        As ``stream``.

    >>> derive_seed(1, "bootstrap") == derive_seed(1, "bootstrap"), derive_seed(1, 1) == derive_seed(1, "1")
    (True, False)
    """
    return int.from_bytes(_digest(_DERIVED, seed, path)[:8], "big") >> (64 - _SEED_BITS)


def _digest(label: bytes, seed: int, path: tuple[str | int, ...]) -> bytes:
    if not path:
        raise UsageError(
            "Random stream: found no path, expected at least one name. "
            "Name the draw, for example stream(seed, 'bootstrap')."
        )
    parts = [_encode_number(seed), *(_encode(part) for part in path)]
    return hashlib.sha256(label + b"".join(parts)).digest()


def _encode(part: str | int) -> bytes:
    if not isinstance(part, str):
        return _encode_number(part)
    try:
        return _framed(b"s", part.encode())
    except UnicodeEncodeError:
        raise _refusal("text with half a character (a lone surrogate)") from None


def _encode_number(part: int) -> bytes:
    # True would be the same stream as 1; numpy's whole numbers count as whole numbers.
    if isinstance(part, bool):
        raise _refusal("True or False")
    try:
        return _framed(b"i", f"{operator.index(part):x}".encode())
    except TypeError:
        raise _refusal(f"a value of type {type(part).__name__}") from None


def _framed(kind: bytes, content: bytes) -> bytes:
    """Write one part as kind, length and content, so that no two paths give the same bytes."""
    return kind + len(content).to_bytes(8, "big") + content


def _refusal(found: str) -> UsageError:
    return UsageError(
        f"Random stream: found {found}, expected whole numbers, and in the path also text. "
        "Name the draw by text and whole numbers only; give the seed as a whole number."
    )
