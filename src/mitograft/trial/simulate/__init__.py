"""Simulated trials: site data from a truth, as REDCap, ODM or SDTM files that say that they are simulated."""

from mitograft.trial.simulate.odm import write_odm
from mitograft.trial.simulate.pn101 import (
    pn101_phase2_protocol,
    pn101_phase2_truth,
    pn101_protocol,
    pn101_truth,
)
from mitograft.trial.simulate.redcap import write_redcap
from mitograft.trial.simulate.sdtm import is_simulated, tabulate_sdtm, write_sdtm
from mitograft.trial.simulate.sidecar import write_truth
from mitograft.trial.simulate.site import FormRow, SiteData, SubjectTruth
from mitograft.trial.simulate.trial import simulate_trial
from mitograft.trial.simulate.truth import ArmTruth, EnzymeTruth, MeasureTruth, Mistake, TrialTruth

__all__ = [
    "ArmTruth",
    "EnzymeTruth",
    "FormRow",
    "MeasureTruth",
    "Mistake",
    "SiteData",
    "SubjectTruth",
    "TrialTruth",
    "is_simulated",
    "pn101_phase2_protocol",
    "pn101_phase2_truth",
    "pn101_protocol",
    "pn101_truth",
    "simulate_trial",
    "tabulate_sdtm",
    "write_odm",
    "write_redcap",
    "write_sdtm",
    "write_truth",
]
