"""Rows of ADQS: the core set measures where the protocol says they are, and the other tests beside them."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mitograft.trial.adam.rules.results import Place, named_rows
from mitograft.trial.adam.work import Work

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RULES", "measure_places", "measure_rows"]

_DOMAINS = ("QS", "FT", "RS")


def measure_places(work: Work) -> list[Place]:
    """Return where each domain holds core set measures, and which of its tests have to stay out.

    A test code of a core set measure found in a domain other than the protocol's is left out, so that a
    parameter has one source.
    """
    codes = {p.measure: p.code for p in work.specification["ADQS"].parameters if p.measure}
    sources = {name: work.protocol.measures[name] for name in codes if name in work.protocol.measures}
    domains = dict.fromkeys((*_DOMAINS, *(source.domain for source in sources.values())))
    places = []
    for domain in domains:
        own = {s.testcd.upper(): codes[name] for name, s in sources.items() if s.domain == domain}
        reserved = frozenset({*codes.values()} - set(own))
        places.append(Place(domain, own, domain in _DOMAINS, reserved))
    return places


def measure_rows(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  makes the rows
    """One row for each result of QS, FT and RS, and of the other domains that hold core set measures."""
    return named_rows(work, "ADQS", measure_places(work))


RULES: Mapping[str, Callable[["pl.DataFrame", Work], "pl.DataFrame"]] = {"measure_rows": measure_rows}
