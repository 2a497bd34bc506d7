"""Safety statistics of an early trial: exact where patients are few, open about what is not known."""

from mitograft.trial.safety.criteria import event_criteria
from mitograft.trial.safety.dlt import DltAssessment, DltCohort, DltSubject, assess_dlt
from mitograft.trial.safety.dlt_events import DltEvent, classify_events
from mitograft.trial.safety.dlt_tables import summarise_conduct, summarise_dlt
from mitograft.trial.safety.exposure import EventRates, RateContrast, assess_rates, contrast_rates
from mitograft.trial.safety.exposure_table import reference_group, summarise_rates
from mitograft.trial.safety.infusion import InfusionReaction, InfusionReactions, assess_infusion_reactions
from mitograft.trial.safety.infusion_table import summarise_infusion_reactions
from mitograft.trial.safety.intervals import summarise_none_seen, summarise_shares
from mitograft.trial.safety.liver import HyCase, LiverAssessment, LiverSubject, LiverValue, assess_liver
from mitograft.trial.safety.liver_tables import list_liver_peaks, summarise_liver
from mitograft.trial.safety.settings import load_safety_settings
from mitograft.trial.safety.shares import Share, exact_share
from mitograft.trial.safety.standard import safety_tables
from mitograft.trial.safety.trend import EventTrend, assess_trend, dose_scores, summarise_trend

__all__ = [
    "DltAssessment",
    "DltCohort",
    "DltEvent",
    "DltSubject",
    "EventRates",
    "EventTrend",
    "HyCase",
    "InfusionReaction",
    "InfusionReactions",
    "LiverAssessment",
    "LiverSubject",
    "LiverValue",
    "RateContrast",
    "Share",
    "assess_dlt",
    "assess_infusion_reactions",
    "assess_liver",
    "assess_rates",
    "assess_trend",
    "classify_events",
    "contrast_rates",
    "dose_scores",
    "event_criteria",
    "exact_share",
    "list_liver_peaks",
    "load_safety_settings",
    "reference_group",
    "safety_tables",
    "summarise_conduct",
    "summarise_dlt",
    "summarise_infusion_reactions",
    "summarise_liver",
    "summarise_none_seen",
    "summarise_rates",
    "summarise_shares",
    "summarise_trend",
]
