"""Simulated files must not pass for measured ones: their marks are compared with what study.toml says."""

from collections.abc import Iterator

from mitograft.errors import UsageError
from mitograft.product.analyse import ProductResult
from mitograft.study.invitro import Invitro

__all__ = ["require_honest_kind"]

_MARK = "SIMULATED"
_SHOWN = 5


def require_honest_kind(kind: str, product: ProductResult | None, invitro: Invitro | None) -> None:
    """Refuse a study that calls files measured or published which say they are simulated.

    Raises
    ------
    UsageError
        Naming the files.
    """
    marked = sorted(set(_marked(product, invitro)))
    if marked and kind != "simulated":
        shown = ", ".join(marked[:_SHOWN]) + (" and others" if len(marked) > _SHOWN else "")
        raise UsageError(
            f"study.toml: found data_kind = {kind!r}, but these files are marked as simulated: {shown}; "
            "expected data_kind = 'simulated'. Change it, or take the files out."
        )


def _marked(product: ProductResult | None, invitro: Invitro | None) -> Iterator[str]:
    if product is not None and any(result.method.startswith(_MARK) for result in product.results):
        yield "lots.csv"
    if invitro is not None:
        yield from (wave.source for wave in invitro.details.waves if wave.simulated)
        plates = invitro.details.plates
        yield from (q.source for q in (plates.quality if plates else ()) if q.plate.startswith(_MARK))
