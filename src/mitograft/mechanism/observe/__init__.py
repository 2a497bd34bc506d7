"""From states of the model to what instruments show of mouse, dish and patient: their units, their errors."""

from mitograft.mechanism.observe.core_set import (
    MEASURES,
    CoreSetVisits,
    Effects,
    derive_core_set,
    derive_effects,
    load_core_set,
    score_visits,
    simulate_core_set,
)
from mitograft.mechanism.observe.dish import (
    Respiration,
    accumulate,
    simulate_atp,
    simulate_counted_share,
    simulate_respiration,
)
from mitograft.mechanism.observe.drift import DriftPoint, choose_drift, load_ridge
from mitograft.mechanism.observe.inflammation import Course, derive_grade, derive_inflammation
from mitograft.mechanism.observe.instrument import load_instruments
from mitograft.mechanism.observe.mouse import (
    derive_incidence,
    derive_shift,
    simulate_cytokines,
    simulate_grades,
    simulate_grip,
    simulate_shift,
    simulate_weight,
)

__all__ = [
    "MEASURES",
    "CoreSetVisits",
    "Course",
    "DriftPoint",
    "Effects",
    "Respiration",
    "accumulate",
    "choose_drift",
    "derive_core_set",
    "derive_effects",
    "derive_grade",
    "derive_incidence",
    "derive_inflammation",
    "derive_shift",
    "load_core_set",
    "load_instruments",
    "load_ridge",
    "score_visits",
    "simulate_atp",
    "simulate_core_set",
    "simulate_counted_share",
    "simulate_cytokines",
    "simulate_grades",
    "simulate_grip",
    "simulate_respiration",
    "simulate_shift",
    "simulate_weight",
]
