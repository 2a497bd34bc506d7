"""An estimate of one well or sample with its interval, and the reading it becomes."""

import math
from dataclasses import dataclass
from functools import cache

from mitograft.assays.readings import Reading
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = ["Estimate", "Place", "load_uptake_parameters", "without_interval"]


@cache
def load_uptake_parameters() -> Parameters:
    """Return the numbers the uptake assay uses, each with its source and status."""
    return load_parameters("mitograft.assays.uptake", "uptake.csv")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an estimate comes from: file, plate, well (or sample), group as written in the file."""

    source: str
    plate: str
    position: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One derived number with its interval (NaN where it has none).

    The interval speaks of the measured well or sample only, not of donors: cells, partitions and replicate
    wells of one culture are not independent experiments.
    """

    place: Place
    parameter: str
    value: float
    low: float
    high: float
    level: float
    unit: str
    method: str
    excluded: str = ""

    def reading(self) -> Reading:
        """Return the estimate in the shape the statistics take."""
        return Reading(
            assay="uptake",
            parameter=self.parameter,
            value=self.value,
            unit=self.unit,
            source=self.place.source,
            plate=self.place.plate,
            position=self.place.position,
            group=self.place.group,
            excluded=self.excluded,
        )


def without_interval(place: Place, parameter: str, value: float, unit: str, method: str) -> Estimate:
    """Return an estimate that has no interval of its own; a value that is none is excluded."""
    excluded = "" if math.isfinite(value) else f"no value ({method})"
    kept = value if math.isfinite(value) else math.nan
    return Estimate(place, parameter, kept, math.nan, math.nan, 0.95, unit, method, excluded)
