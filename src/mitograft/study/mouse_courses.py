"""Weights, function tests and cytokines of the mouse arm, from their files to what the report shows."""

from dataclasses import dataclass
from pathlib import Path

from mitograft.evidence.finding import Finding
from mitograft.mouse.animals import Colony
from mitograft.mouse.cytokines.analyse import Panel, compare_panel
from mitograft.mouse.cytokines.contract import CytokineOptions, cytokine_rules
from mitograft.mouse.cytokines.derive import derive_cytokines
from mitograft.mouse.cytokines.read import read_cytokines
from mitograft.mouse.dose_trend import order_by_dose
from mitograft.mouse.function.analyse import model_course
from mitograft.mouse.function.contract import CourseOptions, course_rules
from mitograft.mouse.function.derive import Curves, summarise
from mitograft.mouse.function.read import read_follow_up
from mitograft.mouse.function.results import CourseModel
from mitograft.mouse.outcomes import Outcome
from mitograft.study.config import StudyConfig
from mitograft.study.mouse_plates import join_cytokines, read_mouse_plates
from mitograft.study.read_each import Broken
from mitograft.tables.parameters import Parameter

__all__ = ["CYTOKINES", "CourseDetails", "CytokineDetails", "analyse_courses", "analyse_cytokines"]

CYTOKINES = "cytokines.csv"


@dataclass(frozen=True, repr=False)
class CourseDetails:
    """Weights and function tests: curves, a model of each over time, one number a mouse."""

    curves: tuple[Curves, ...]
    models: tuple[CourseModel, ...]
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    parameters: tuple[Parameter, ...]

    def weighed(self) -> frozenset[str]:
        """Return the mice with a weight at or before day zero."""
        weights = (curves for curves in self.curves if curves.series.name == "weight")
        return frozenset(
            mouse for curves in weights for mouse, points in curves.series.values.items() if points[0][0] <= 0
        )


@dataclass(frozen=True, repr=False)
class CytokineDetails:
    """Cytokines: one outcome for each analyte, and the panel of treated groups against the control."""

    panel: Panel | None
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    parameters: tuple[Parameter, ...]


def _contrast(colony: Colony) -> tuple[tuple[str, ...], str]:
    """Return the treated groups by rising dose and the control; an empty control where it is not one."""
    controls = [group.name for group in colony.groups.values() if group.role == "control"]
    treated = tuple(group.name for group in order_by_dose(colony) if group.role == "treated")
    return treated, controls[0] if len(controls) == 1 else ""


def analyse_courses(
    weights: Path | None, function: Path | None, colony: Colony, config: StudyConfig
) -> CourseDetails:
    """Read weights and function tests, and model each over time: treated groups against the control.

    Raises
    ------
    InputError
        With everything that is wrong with the files.
    """
    rules = course_rules().override(config.overrides("function"))
    options = CourseOptions(rules=rules)
    curves, outcomes, findings = summarise(
        read_follow_up(colony, weights, function, rules=rules), colony, options
    )
    treated, control = _contrast(colony)
    models = (
        tuple(model_course(one, colony, treated, control, options) for one in curves)
        if treated and control
        else ()
    )
    findings += tuple(finding for model in models for finding in model.findings)
    return CourseDetails(curves, models, outcomes, findings, rules.flagged())


def analyse_cytokines(folder: Path, colony: Colony, config: StudyConfig) -> CytokineDetails:
    """Read cytokines.csv and plates, and compare the panel: treated groups against the control.

    Raises
    ------
    InputError
        With everything that is wrong with the files.
    """
    table, broken = folder / CYTOKINES, Broken()
    read = broken.reading(lambda: [read_cytokines(table, colony)] if table.is_file() else [])
    parts = config.mouse.plates if config.mouse else []
    plates = broken.reading(lambda: read_mouse_plates(folder, parts, colony, config))
    broken.raise_any()
    both = join_cytokines([*(read or []), *(plates or [])])
    rules = cytokine_rules().override(config.overrides("cytokine"))
    options = CytokineOptions(rules=rules)
    derived = derive_cytokines(both, colony, options)
    treated, control = _contrast(colony)
    panel = compare_panel(derived.panel, colony, treated, control, options) if treated and control else None
    return CytokineDetails(panel, derived.outcomes, derived.findings, rules.flagged())
