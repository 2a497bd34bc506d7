"""Membrane potential, mitochondrial ROS and donor signal from plate-reader fluorescence.

==============================  ======================================================================
``tmrm_potential_signal``       baseline less FCCP: the part of TMRM that depends on the potential
``tmrm_fold_over_fccp``         the same as a ratio, each less the blank
``jc1_red_green_ratio``         aggregates over monomers, each less the blank
``mitosox_relative``            signal less blank, over the mean of the control wells of the plate
``donor_signal``                signal of labelled donor mitochondria less blank
``donor_signal_per_count``      the same by the number of cells, where they were counted
==============================  ======================================================================

TMRM without the FCCP baseline measures loading and mass as well as potential, so no value is given without
it. All are arbitrary fluorescence: none is a potential in millivolt or a concentration. A dye that quenches
itself turns the sign of TMRM around; the doses must lie below quenching.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mitograft.assays.findings import Finding
from mitograft.assays.uptake.estimates import Estimate, Place, without_interval
from mitograft.assays.uptake.read import Signal

__all__ = ["derive_signals"]


def derive_signals(signals: Sequence[Signal]) -> tuple[list[Estimate], list[Finding]]:
    """Derive every well that is no blank, plate by plate."""
    estimates: list[Estimate] = []
    findings: list[Finding] = []
    for plate in dict.fromkeys(signal.place.plate for signal in signals):
        one = _Plate([signal for signal in signals if signal.place.plate == plate])
        estimates += one.estimates()
        findings += one.findings
    return estimates, findings


@dataclass(frozen=True, slots=True)
class _Well:
    place: Place
    unit: str


class _Plate:
    """The readings of one plate."""

    def __init__(self, signals: Sequence[Signal]) -> None:
        self.signals = signals
        self.source, self.plate = signals[0].place.source, signals[0].place.plate
        self.findings: list[Finding] = []
        self._blank_warned: set[str] = set()

    def estimates(self) -> list[Estimate]:
        """Return the estimates of every well in the order of the table."""
        wells: dict[str, _Well] = {}
        for signal in self.signals:
            if signal.role != "blank":
                wells.setdefault(signal.place.position, _Well(signal.place, signal.unit))
        found: list[Estimate] = []
        for position, well in wells.items():
            channels = {s.channel for s in self.signals if s.place.position == position}
            for channel, derive in (
                ("tmrm", self._tmrm),
                ("jc1_red", self._jc1),
                ("mitosox", self._mitosox),
                ("donor", self._donor),
            ):
                if channel in channels:
                    found += derive(well)
        return found

    def _tmrm(self, well: _Well) -> list[Estimate]:
        baseline = self._of(well, "tmrm", "baseline")
        fccp, how = self._fccp(well)
        if math.isnan(baseline):
            return []  # a well that holds only the FCCP baseline of its group
        blank = self._blank("tmrm")
        under = fccp - blank
        ratio = (baseline - blank) / under if under > 0 else math.nan
        if baseline < fccp:
            words = f"TMRM rose with FCCP, {baseline:.4g} to {fccp:.4g}"
            remedy = "Check the dye's dose (quenching) and the FCCP."
            self._say("fccp-rise", well.place.position, words, remedy)
        method = f"baseline less FCCP ({how})"
        return [
            without_interval(well.place, "tmrm_potential_signal", baseline - fccp, well.unit, method),
            without_interval(well.place, "tmrm_fold_over_fccp", ratio, "1", f"baseline over FCCP ({how})"),
        ]

    def _fccp(self, well: _Well) -> tuple[float, str]:
        """Return the FCCP baseline: of the well itself, else the mean of its group's wells."""
        own = self._of(well, "tmrm", "fccp")
        if not math.isnan(own):
            return own, "same well"
        group = [
            s.value
            for s in self.signals
            if (s.channel, s.state, s.place.group) == ("tmrm", "fccp", well.place.group) and s.role != "blank"
        ]
        return (
            (float(np.mean(group)), "mean of the group's FCCP wells")
            if group
            else (math.nan, "no FCCP baseline")
        )

    def _jc1(self, well: _Well) -> list[Estimate]:
        red, green = (
            self._of(well, channel, "baseline") - self._blank(channel) for channel in ("jc1_red", "jc1_green")
        )
        if math.isnan(red) or math.isnan(green):
            return []
        ratio = red / green if green > 0 else math.nan
        if not green > 0:
            words = f"green JC-1 of {green:.4g} after the blank leaves no ratio"
            self._say("no-signal", well.place.position, words, "Check the well and the blank.")
        return [without_interval(well.place, "jc1_red_green_ratio", ratio, "1", "red over green, less blank")]

    def _mitosox(self, well: _Well) -> list[Estimate]:
        value, blank = self._of(well, "mitosox", "baseline"), self._blank("mitosox")
        if math.isnan(value):
            return []
        control = float(
            np.mean(
                [
                    s.value
                    for s in self.signals
                    if (s.channel, s.state, s.role) == ("mitosox", "baseline", "control")
                ]
            )
        )
        relative = (value - blank) / (control - blank) if control > blank else math.nan
        method = "less blank, over the mean of the plate's control wells"
        return [without_interval(well.place, "mitosox_relative", relative, "1", method)]

    def _donor(self, well: _Well) -> list[Estimate]:
        value = self._of(well, "donor", "baseline") - self._blank("donor")
        if math.isnan(value):
            return []
        found = [without_interval(well.place, "donor_signal", value, well.unit, "less blank")]
        cells = self._cells(well)
        if cells > 0:
            per_cell = value / cells
            method = "less blank, by the number of cells"
            found.append(without_interval(well.place, "donor_signal_per_count", per_cell, well.unit, method))
        return found

    def _of(self, well: _Well, channel: str, state: str) -> float:
        for signal in self.signals:
            if (signal.place.position, signal.channel, signal.state) == (well.place.position, channel, state):
                return signal.value
        return math.nan

    def _cells(self, well: _Well) -> float:
        """Return the number of cells of a well, from whichever of its rows has it; NaN where none does."""
        counts = [s.cells for s in self.signals if s.place.position == well.place.position]
        return next((count for count in counts if not math.isnan(count)), math.nan)

    def _blank(self, channel: str) -> float:
        values = [s.value for s in self.signals if s.role == "blank" and s.channel == channel]
        if values:
            return float(np.mean(values))
        if channel not in self._blank_warned:
            self._blank_warned.add(channel)
            words = f"no blank well for {channel}; nothing was taken off"
            self._say("no-blank", "", words, "Add wells without cells; ratios are too close to 1 without.")
        return 0.0

    def _say(self, rule: str, position: str, found: str, remedy: str) -> None:
        place = f"plate {self.plate}" + (f", well {position}" if position else "")
        self.findings.append(Finding(rule, "warning", self.source, place, found, remedy))
