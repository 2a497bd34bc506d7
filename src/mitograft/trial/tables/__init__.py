"""Tables of a trial as HTML, RTF, DOCX, CSV and analysis results data; listings."""

from mitograft.trial.tables.listings import Listing, list_findings, list_records
from mitograft.trial.tables.markup import plain_rows, render_html
from mitograft.trial.tables.results_data import digest_records, records_of, to_ard
from mitograft.trial.tables.rich_text import to_rtf
from mitograft.trial.tables.separated import dataset_csv, to_csv
from mitograft.trial.tables.word import to_docx

__all__ = [
    "Listing",
    "dataset_csv",
    "digest_records",
    "list_findings",
    "list_records",
    "plain_rows",
    "records_of",
    "render_html",
    "to_ard",
    "to_csv",
    "to_docx",
    "to_rtf",
]
