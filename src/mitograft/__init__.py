"""mitograft: from the mitochondria lot to the trial read-out, every number traceable to its raw file."""

__version__ = "0.1.0"
