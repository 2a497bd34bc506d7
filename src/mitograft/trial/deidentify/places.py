"""Sites and countries: those of few subjects are put together, or emptied."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.trial.dataset import Dataset
from mitograft.trial.deidentify.codes import make_code

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Places", "group_places"]

_POOL = "S00"


@dataclass(frozen=True)
class Places:
    """New site by old site, site of each subject (new), and the countries that are kept."""

    sites: Mapping[str, str]
    site_of: Mapping[str, str]
    countries: frozenset[str]


def group_places(subjects: Dataset | None, key: bytes, smallest: int) -> Places:
    """Recode sites and find the countries to keep.

    Sites of fewer than ``smallest`` subjects become one, together with the next larger ones until they have
    as many. The codes say nothing about the order of the sites.

    Parameters
    ----------
    subjects
        DM or ADSL; None where there is neither.
    key
        The secret key.
    smallest
        The least number of subjects of a site or country.
    """
    if subjects is None:
        return Places({}, {}, frozenset())
    counts = _counts(subjects.frame, "SITEID")
    pooled = _pool(counts, smallest)
    kept = sorted(set(counts) - pooled, key=lambda site: make_code(key, "site", site))
    sites = {site: f"S{number:02}" for number, site in enumerate(kept, start=1)}
    sites |= dict.fromkeys(sorted(pooled), _POOL)
    countries = _counts(subjects.frame, "COUNTRY")
    site_of = {}
    if "SITEID" in subjects.frame.columns:
        pairs = subjects.frame.select("USUBJID", "SITEID").drop_nulls().rows()
        site_of = {subject: sites[site] for subject, site in pairs}
    return Places(sites, site_of, frozenset(name for name, count in countries.items() if count >= smallest))


def _counts(frame: "pl.DataFrame", name: str) -> dict[str, int]:
    if name not in frame.columns:
        return {}
    counted = frame.select("USUBJID", name).drop_nulls().unique().group_by(name).len().sort(name)
    return dict(counted.rows())


def _pool(counts: Mapping[str, int], smallest: int) -> set[str]:
    """Return the sites to put together; none where there is one site only."""
    by_size = sorted(counts, key=lambda site: (counts[site], site))
    pooled = [site for site in by_size if counts[site] < smallest]
    for site in by_size[len(pooled) :]:
        if not pooled or sum(counts[one] for one in pooled) >= smallest:
            break
        pooled.append(site)
    return set(pooled) if len(counts) > 1 else set()
