"""What quality control of an assay has to say; see ``mitograft.evidence.finding``."""

from mitograft.evidence.finding import Finding, Severity

__all__ = ["Finding", "Severity"]
