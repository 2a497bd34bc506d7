r"""Donor-mitochondria signal of single cells, and the fraction of cells that took mitochondria up.

A cell counts as positive above a percentile of the untreated cells of its plate, so ``1 - percentile`` of
cells without any mitochondria count as positive as well; ``positive_fraction_excess`` takes them off,
``(p - p0) / (1 - p0)``.

The interval of the fraction joins two uncertainties, each at half the error: that of the threshold, by
order statistics of the control (distribution-free), and that of the count, by Clopper-Pearson. It therefore
covers at least as often as it says, for cells drawn independently; cells of one well are not independent of
their well, which only other wells and donors can show.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mitograft.assays.findings import Finding
from mitograft.assays.uptake.estimates import Estimate, load_uptake_parameters, without_interval
from mitograft.assays.uptake.read import CellWell
from mitograft.statistics.proportions import clopper_pearson
from mitograft.tables.parameters import Parameters

__all__ = ["CellSignals", "Threshold", "derive_cells", "gather_signals", "threshold_of"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Signal above which a cell counts as positive, with its distribution-free interval.

    ``high`` is infinite where the control has too few cells to bound its percentile from above.
    """

    value: float
    low: float
    high: float
    percentile: float
    cells: int


@dataclass(frozen=True, slots=True, repr=False)
class CellSignals:
    """Signals of the cells of one group on one plate, all its wells together, and the plate's threshold.

    ``origin`` is ``table`` or ``image``.
    """

    origin: Literal["table", "image"]
    plate: str
    group: str
    untreated: bool
    signals: Array
    unit: str
    threshold: float

    @property
    def positive(self) -> float:
        """Share of the cells above the threshold."""
        return float(np.mean(self.signals > self.threshold))


def threshold_of(control: Array, percentile: float, *, level: float = 0.95) -> Threshold:
    """Return the threshold from the signals of untreated cells.

    The interval's ends are the order statistics whose ranks are the binomial quantiles of
    ``n`` cells at ``percentile``.
    """
    from scipy.stats import binom

    share, tail, n = percentile / 100.0, (1.0 - level) / 2.0, len(control)
    ordered = np.sort(control)
    low_rank = int(binom.ppf(tail, n, share))  # P(fewer than this many cells below the percentile) <= tail
    high_rank = int(binom.ppf(1.0 - tail, n, share)) + 1
    return Threshold(
        value=float(np.quantile(ordered, share)),
        low=float(ordered[low_rank - 1]) if low_rank >= 1 else -math.inf,
        high=float(ordered[high_rank - 1]) if high_rank <= n else math.inf,
        percentile=percentile,
        cells=n,
    )


def derive_cells(
    wells: Sequence[CellWell], parameters: Parameters | None = None, *, percentile: float | None = None
) -> tuple[list[Estimate], list[Finding]]:
    """Derive signal per cell and positive fraction of every well, untreated wells included.

    ``percentile`` of the untreated cells stands in for the shipped one of tables.
    """
    values = parameters or load_uptake_parameters()
    estimates: list[Estimate] = []
    findings: list[Finding] = []
    for plate in dict.fromkeys(well.place.plate for well in wells):
        own = [well for well in wells if well.place.plate == plate]
        control = np.concatenate([well.signals for well in own if well.untreated])
        level = values["interval_level"].number
        # Half of the error for the threshold, half for the count.
        share = values["positive_percentile"].number if percentile is None else percentile
        threshold = threshold_of(control, share, level=1 - (1 - level) / 2)
        findings += _control_findings(own[0], threshold, values)
        for well in own:
            estimates += _well(well, control, threshold, level)
    return estimates, findings


def gather_signals(
    wells: Sequence[CellWell], origin: Literal["table", "image"], percentile: float
) -> tuple[CellSignals, ...]:
    """Gather the signals of each group of each plate, untreated groups first."""
    found: list[CellSignals] = []
    for plate in dict.fromkeys(well.place.plate for well in wells):
        own = [well for well in wells if well.place.plate == plate]
        cut = threshold_of(np.concatenate([w.signals for w in own if w.untreated]), percentile).value
        groups = dict.fromkeys((not well.untreated, well.place.group) for well in own)
        for treated, group in sorted(groups, key=lambda one: one[0]):
            members = [w for w in own if (w.untreated, w.place.group) == (not treated, group)]
            signals = np.concatenate([well.signals for well in members])
            found.append(CellSignals(origin, plate, group, not treated, signals, own[0].unit, cut))
    return tuple(found)


def _well(well: CellWell, control: Array, threshold: Threshold, level: float) -> list[Estimate]:
    n = len(well.signals)
    positive, most, fewest = (
        int(np.sum(well.signals > cut)) for cut in (threshold.value, threshold.low, threshold.high)
    )
    half = 1 - (1 - level) / 2
    low = float(clopper_pearson(fewest, n, level=half)[0])
    high = float(clopper_pearson(most, n, level=half)[1])
    fraction, chance = positive / n, 1 - threshold.percentile / 100.0
    method = f"above the {threshold.percentile:g}th percentile of {threshold.cells} untreated cells"
    excess, excess_low, excess_high = ((part - chance) / (1 - chance) for part in (fraction, low, high))
    signal = without_interval(
        well.place,
        "donor_signal_per_cell",
        float(np.mean(well.signals) - np.mean(control)),
        well.unit,
        "mean less that of the untreated cells",
    )
    return [
        signal,
        Estimate(well.place, "positive_fraction", fraction, low, high, level, "1", method),
        Estimate(
            well.place,
            "positive_fraction_excess",
            excess,
            excess_low,
            excess_high,
            level,
            "1",
            f"{method}, less chance",
        ),
    ]


def _control_findings(well: CellWell, threshold: Threshold, values: Parameters) -> list[Finding]:
    fewest = int(values["fewest_control_cells"].number)
    place = f"plate {well.place.plate}"
    found = []
    if threshold.cells < fewest:
        words = f"the threshold rests on {threshold.cells} untreated cells, fewer than {fewest}"
        remedy = "Measure more untreated cells, or choose a lower percentile."
        found.append(Finding("few-control-cells", "warning", well.place.source, place, words, remedy))
    if math.isinf(threshold.high):
        words = f"{threshold.cells} untreated cells cannot bound their {threshold.percentile:g}th percentile"
        remedy = "The positive fraction has 0 as its lower limit; measure more untreated cells."
        found.append(Finding("open-threshold", "warning", well.place.source, place, words, remedy))
    return found
