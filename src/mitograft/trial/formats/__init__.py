"""Files of data sets: SAS transport (5 and 8), Dataset-JSON 1.1, Parquet, CSV and XLSX, read and written.

Every format gives the same data set: text without trailing blanks (null where empty), numbers, dates of
analysis data sets as dates, names in capitals, and for each row the file and row it came from.
"""

from mitograft.trial.formats.limits import check_transport
from mitograft.trial.formats.read import READ_ENDINGS, read_dataset, read_datasets
from mitograft.trial.formats.write import FORMATS, encode_dataset, write_datasets

__all__ = [
    "FORMATS",
    "READ_ENDINGS",
    "check_transport",
    "encode_dataset",
    "read_dataset",
    "read_datasets",
    "write_datasets",
]
