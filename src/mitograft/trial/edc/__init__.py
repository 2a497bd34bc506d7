"""Exports of electronic data capture systems (REDCap, ODM-XML) to SDTM, by a mapping file."""

from mitograft.trial.edc.read import MAPPING_NAME, read_edc, read_edc_with_report
from mitograft.trial.edc.report import MappingReport

__all__ = ["MAPPING_NAME", "MappingReport", "read_edc", "read_edc_with_report"]
