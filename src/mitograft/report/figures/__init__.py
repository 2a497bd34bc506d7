"""One file per figure; each draws what it is given and returns SVG text.

Figures are drawn 440 units wide in type of 12 to 13 units, so that they stay readable on a phone and can be
enlarged on paper. The text stays text. The same input gives the same bytes.
"""

from mitograft.report.figures.component_heatmap import HeatmapRow, Measure, draw_component_heatmap
from mitograft.report.figures.history import Curve, draw_history
from mitograft.report.figures.intervals import Interval, draw_intervals
from mitograft.report.figures.waterfall import PatientTotal, Threshold, draw_waterfall

__all__ = [
    "Curve",
    "HeatmapRow",
    "Interval",
    "Measure",
    "PatientTotal",
    "Threshold",
    "draw_component_heatmap",
    "draw_history",
    "draw_intervals",
    "draw_waterfall",
]
