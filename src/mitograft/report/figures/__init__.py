"""One file per figure; each draws what it is given and returns SVG text.

Figures are drawn 440 units wide in type of 12 to 13 units, so that they stay readable on a phone and can be
enlarged on paper. The text stays text. The same input gives the same bytes.
"""

from mitograft.report.figures.change_waterfall import PatientChange, draw_change_waterfall
from mitograft.report.figures.component_heatmap import HeatmapRow, Measure, draw_component_heatmap
from mitograft.report.figures.cytokine_panels import (
    CytokineGroup,
    CytokinePanel,
    CytokineRatio,
    draw_cytokine_panels,
)
from mitograft.report.figures.dose_response import DoseCurve, draw_dose_response
from mitograft.report.figures.energy_map import EnergyGroup, EnergyState, draw_energy_map
from mitograft.report.figures.event_dots import DotGroup, EventRow, RiskDifference, draw_event_dots
from mitograft.report.figures.gallery import FieldPicture, draw_gallery
from mitograft.report.figures.history import Curve, draw_history
from mitograft.report.figures.intervals import Interval, draw_intervals
from mitograft.report.figures.kaplan_meier import SurvivalGroup, draw_kaplan_meier
from mitograft.report.figures.mouse_curves import CurveGroup, CurveMouse, TreatmentDay, draw_mouse_curves
from mitograft.report.figures.mouse_scores import MouseScoresGroup, draw_mouse_scores
from mitograft.report.figures.parameter_bars import ParameterPanel, PointGroup, draw_parameter_points
from mitograft.report.figures.plate_map import PlateWell, draw_plate_map
from mitograft.report.figures.rate_agreement import RatePair, draw_rate_agreement
from mitograft.report.figures.shift_map import ShiftGroup, ShiftRow, draw_shift_map
from mitograft.report.figures.spaghetti import CourseGroup, PatientLine, draw_spaghetti
from mitograft.report.figures.stability import StabilityLine, StabilityLot, draw_stability
from mitograft.report.figures.superplot import SuperplotDonor, SuperplotGroup, draw_superplot
from mitograft.report.figures.swimmer import SwimmerEvent, SwimmerLane, SwimmerWindow, draw_swimmer
from mitograft.report.figures.traces import Injection, Trace, draw_traces
from mitograft.report.figures.uptake import UptakeGroup, UptakePanel, UptakePoint, draw_uptake
from mitograft.report.figures.uptake_signals import SignalGroup, draw_cell_signals
from mitograft.report.figures.waterfall import PatientTotal, Threshold, draw_waterfall

__all__ = [
    "CourseGroup",
    "Curve",
    "CurveGroup",
    "CurveMouse",
    "CytokineGroup",
    "CytokinePanel",
    "CytokineRatio",
    "DoseCurve",
    "DotGroup",
    "EnergyGroup",
    "EnergyState",
    "EventRow",
    "FieldPicture",
    "HeatmapRow",
    "Injection",
    "Interval",
    "Measure",
    "MouseScoresGroup",
    "ParameterPanel",
    "PatientChange",
    "PatientLine",
    "PatientTotal",
    "PlateWell",
    "PointGroup",
    "RatePair",
    "RiskDifference",
    "ShiftGroup",
    "ShiftRow",
    "SignalGroup",
    "StabilityLine",
    "StabilityLot",
    "SuperplotDonor",
    "SuperplotGroup",
    "SurvivalGroup",
    "SwimmerEvent",
    "SwimmerLane",
    "SwimmerWindow",
    "Threshold",
    "Trace",
    "TreatmentDay",
    "UptakeGroup",
    "UptakePanel",
    "UptakePoint",
    "draw_cell_signals",
    "draw_change_waterfall",
    "draw_component_heatmap",
    "draw_cytokine_panels",
    "draw_dose_response",
    "draw_energy_map",
    "draw_event_dots",
    "draw_gallery",
    "draw_history",
    "draw_intervals",
    "draw_kaplan_meier",
    "draw_mouse_curves",
    "draw_mouse_scores",
    "draw_parameter_points",
    "draw_plate_map",
    "draw_rate_agreement",
    "draw_shift_map",
    "draw_spaghetti",
    "draw_stability",
    "draw_superplot",
    "draw_swimmer",
    "draw_traces",
    "draw_uptake",
    "draw_waterfall",
]
