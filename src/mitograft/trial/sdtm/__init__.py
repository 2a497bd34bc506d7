"""SDTM: definitions of its data sets, partial dates, supplements, and the design of the trial."""

from mitograft.trial.sdtm.dates import (
    day_precision,
    earliest_day,
    exact_day,
    is_date,
    latest_day,
    parse_date,
    study_day,
)
from mitograft.trial.sdtm.design import trial_design
from mitograft.trial.sdtm.domains import (
    allowed_terms,
    domain_variables,
    find_domain,
    load_domains,
    load_terms,
    make_dataset,
    sequence_date,
    sequence_name,
)
from mitograft.trial.sdtm.impute import impute_date
from mitograft.trial.sdtm.split import join_split_domains
from mitograft.trial.sdtm.supplements import merge_supplements, related_records
from mitograft.trial.sdtm.units import find_conversion, standard_unit

__all__ = [
    "allowed_terms",
    "day_precision",
    "domain_variables",
    "earliest_day",
    "exact_day",
    "find_conversion",
    "find_domain",
    "impute_date",
    "is_date",
    "join_split_domains",
    "latest_day",
    "load_domains",
    "load_terms",
    "make_dataset",
    "merge_supplements",
    "parse_date",
    "related_records",
    "sequence_date",
    "sequence_name",
    "standard_unit",
    "study_day",
    "trial_design",
]
