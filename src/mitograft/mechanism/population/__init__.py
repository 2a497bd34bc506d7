"""Virtual patients and mice: correlated, and matched to published arms by weights or selection."""

from mitograft.mechanism.population.arm import (
    ArmComparison,
    ArmSummary,
    Published,
    compare_arm,
    load_published,
    simulate_arm,
    summarise_arm,
)
from mitograft.mechanism.population.immunomodulator import (
    Strength,
    derive_drug_effects,
    fit_gains,
    fit_strength,
)
from mitograft.mechanism.population.individuals import Mice, individual_parameters, simulate_mice
from mitograft.mechanism.population.patients import ADMISSIONS, Patients, load_population, simulate_patients
from mitograft.mechanism.population.ridge import fit_drift, fit_ridge, proderm_patients, score_misfit
from mitograft.mechanism.population.weighting import Balance, Weighting, fit_weights, select_by_weight

__all__ = [
    "ADMISSIONS",
    "ArmComparison",
    "ArmSummary",
    "Balance",
    "Mice",
    "Patients",
    "Published",
    "Strength",
    "Weighting",
    "compare_arm",
    "derive_drug_effects",
    "fit_drift",
    "fit_gains",
    "fit_ridge",
    "fit_strength",
    "fit_weights",
    "individual_parameters",
    "load_population",
    "load_published",
    "proderm_patients",
    "score_misfit",
    "select_by_weight",
    "simulate_arm",
    "simulate_mice",
    "simulate_patients",
    "summarise_arm",
]
