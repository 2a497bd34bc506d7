"""What the plate assays derive: readings for statistics, curves for figures, findings for the reader."""

from dataclasses import dataclass

from mitograft.assays.findings import Finding
from mitograft.assays.plate.quality import PlateQuality
from mitograft.assays.plate.wells import Well
from mitograft.assays.readings import Reading
from mitograft.statistics.back_calculation import Fitted, Limits
from mitograft.statistics.curve_intervals import Interval
from mitograft.statistics.curves import NoCurve

__all__ = ["Concentration", "CurveResult", "PlateResult"]


@dataclass(frozen=True)
class CurveResult:
    """A curve with all that a figure of it needs.

    Parameters
    ----------
    source, plate
        Where it comes from.
    name
        Analyte of a standard curve; preparation (and donor) of a dose response.
    kind
        ``standards`` or ``dose response``.
    doses, responses
        The points.
    dose_unit, response_unit
        Their units.
    fit
        The curve, or why there is none.
    reason
        Why this curve, in one sentence.
    ec50
        Half-way dose with its interval; None where there is none.
    limits
        Limits of quantification of a standard curve; None for a dose response or without a curve.
    """

    source: str
    plate: str
    name: str
    kind: str
    doses: tuple[float, ...]
    responses: tuple[float, ...]
    dose_unit: str
    response_unit: str
    fit: Fitted | NoCurve
    reason: str
    ec50: Interval | None = None
    limits: Limits | None = None


@dataclass(frozen=True, slots=True)
class Concentration:
    """A concentration read from a standard curve, already multiplied by the dilution.

    ``flag`` is empty within the limits of quantification, otherwise ``<LLOQ``, ``>ULOQ``, ``<curve`` or
    ``>curve`` (beyond an asymptote, where there is no value at all); ``bound`` is the limit it stands for:
    the true value is below or above it.
    """

    source: str
    plate: str
    well: str
    analyte: str
    sample: str
    value: float
    low: float
    high: float
    unit: str
    flag: str = ""
    bound: float = float("nan")


@dataclass(frozen=True)
class PlateResult:
    """Everything derived from the plates of one experiment, and the wells it was derived from."""

    readings: tuple[Reading, ...] = ()
    findings: tuple[Finding, ...] = ()
    curves: tuple[CurveResult, ...] = ()
    concentrations: tuple[Concentration, ...] = ()
    quality: tuple[PlateQuality, ...] = ()
    wells: tuple[Well, ...] = ()

    def __add__(self, other: "PlateResult") -> "PlateResult":
        """Put two results together."""
        return PlateResult(
            self.readings + other.readings,
            self.findings + other.findings,
            self.curves + other.curves,
            self.concentrations + other.concentrations,
            self.quality + other.quality,
            self.wells + other.wells,
        )
