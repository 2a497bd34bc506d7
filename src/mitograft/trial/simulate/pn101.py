"""Protocols and truths of two trials shaped like NCT04976140 (9 treated) and NCT07122648 (12:12:12).

Taken from the registry: the arms' names and number, a single intravenous dose, two weeks for dose-limiting
toxicity, the Total Improvement Score at week 12. The doses of the first trial, the other visit weeks, the
windows and every effect are assumed.
"""

from dataclasses import replace

from mitograft.trial.protocol import Arm, Protocol, Visit
from mitograft.trial.simulate.truth import ArmTruth, TrialTruth, assumptions

__all__ = [
    "pn101_phase2_protocol",
    "pn101_phase2_truth",
    "pn101_protocol",
    "pn101_truth",
]

_VISITS = (
    Visit(1, "SCREENING", -14, before=14, after=7),
    Visit(2, "BASELINE", 1),
    Visit(3, "WEEK 1", 8, before=1, after=1),
    Visit(4, "WEEK 2", 15, before=2, after=2),
    Visit(5, "WEEK 4", 29, before=3, after=3),
    Visit(6, "WEEK 8", 57, before=7, after=7),
    Visit(7, "WEEK 12", 85, before=7, after=7),
)
_RELATED = {"LOW": 0.8, "MID": 1.0, "HIGH": 1.3}


def pn101_protocol() -> Protocol:
    """Return a protocol shaped like NCT04976140 (phase 1/2a); the doses are assumed, they are not public."""
    dose = {code: assumptions()[f"dose_{code.lower()}"] for code in ("LOW", "MID", "HIGH")}
    names = {code: f"PN-101 {code.lower()}" for code in dose}
    arms = tuple(Arm(code, names[code], order, dose[code]) for order, code in enumerate(dose, 1))
    return Protocol("PN-101-101", arms, _VISITS)


def pn101_truth() -> TrialTruth:
    """Return the assumed truth of nine treated subjects, three a dose, and two screen failures."""
    lots = {"LOW": "L001", "MID": "L001", "HIGH": "L002"}  # the lots that pn101 releases
    arms = (replace(_active(code, 3), lot=lot) for code, lot in lots.items())
    return TrialTruth(tuple(arms), screen_failures=2)


def pn101_phase2_protocol() -> Protocol:
    """Return a protocol shaped like NCT07122648: 300 ug, 600 ug and placebo, one intravenous dose each."""
    arms = (
        Arm("MID", "PN-101 300 ug", 1, 300.0),
        Arm("HIGH", "PN-101 600 ug", 2, 600.0),
        Arm("PBO", "Placebo", 3, 0.0, placebo=True),
    )
    return Protocol("PN-101-201", arms, _VISITS)


def pn101_phase2_truth() -> TrialTruth:
    """Return the assumed truth of 36 subjects in blocks of three, and four screen failures."""
    placebo = ArmTruth("PBO", 12, related=0.3, dropout=assumptions()["dropout"])
    arms = (_active("MID", 12), _active("HIGH", 12), placebo)
    return TrialTruth(arms, "blocked", screen_failures=4, recruitment_gap=9.0, start="2026-01-12")


def _active(code: str, subjects: int) -> ArmTruth:
    assumed = assumptions()
    effect, dlt = assumed[f"effect_{code.lower()}"], assumed[f"dlt_{code.lower()}"]
    return ArmTruth(code, subjects, effect, dlt, _RELATED[code], assumed["dropout"])
