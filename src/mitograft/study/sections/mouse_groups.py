"""What figures of one number a mouse need: groups in their order, and the words of the axis."""

from typing import TypedDict

from mitograft.mouse.animals import Colony
from mitograft.mouse.compare import group_values
from mitograft.mouse.group_centre import centre_word, group_centre
from mitograft.mouse.outcomes import Outcome
from mitograft.report.figures.mouse_scores import MouseScoresGroup

__all__ = ["ROLES", "AxisWords", "axis_words", "scored_groups"]

ROLES = {"healthy": 0, "control": 1, "treated": 2}
"""Order of the groups in figures."""


class AxisWords(TypedDict):
    """Arguments of ``draw_mouse_scores`` that follow from the outcome."""

    axis_label: str
    centre: str
    log: bool
    ticks: tuple[tuple[float, str], ...]


def axis_words(outcome: Outcome) -> AxisWords:
    """Return the words of the axis, what the bar is, and how the axis runs."""
    return AxisWords(
        axis_label=outcome.label if outcome.unit in ("", "1") else f"{outcome.label} ({outcome.unit})",
        centre=centre_word(outcome.scale, censored=bool(outcome.below)),
        log=outcome.scale == "log",
        ticks=((0.0, "no"), (1.0, "yes")) if outcome.scale == "binary" else (),
    )


def scored_groups(outcome: Outcome, colony: Colony) -> list[MouseScoresGroup]:
    """Return the groups of a picture: healthy first, then the control, then rising doses."""
    shown = []
    for group in sorted(colony.groups.values(), key=lambda g: (ROLES[g.role], g.dose)):
        found = group_values(outcome, colony, group.name)
        if found.n:
            centre = group_centre(found, outcome.scale, censored=bool(outcome.below))
            shown.append(MouseScoresGroup(group.name, group.role, found.values, found.below, centre))
    return shown
