"""What goes with the data sets of a trial: Define-XML 2.1, a reviewer's guide, and the folder of all."""

from mitograft.trial.define.content import (
    CodelistContent,
    CodelistTerm,
    Content,
    DatasetContent,
    ItemContent,
    OriginContent,
    ValueContent,
)
from mitograft.trial.define.export import export_files, export_trial
from mitograft.trial.define.guide import ReviewersGuide, reviewers_guide
from mitograft.trial.define.xml import DefineOptions, define_content, define_xml

__all__ = [
    "CodelistContent",
    "CodelistTerm",
    "Content",
    "DatasetContent",
    "DefineOptions",
    "ItemContent",
    "OriginContent",
    "ReviewersGuide",
    "ValueContent",
    "define_content",
    "define_xml",
    "export_files",
    "export_trial",
    "reviewers_guide",
]
