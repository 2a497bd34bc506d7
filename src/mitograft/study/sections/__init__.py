"""The sections of a study's report, one file each: they arrange results, they compute none."""

from mitograft.study.sections.document import make_document

__all__ = ["make_document"]
