"""Cell assays: from the instrument's file to readings of wells and fields, one folder an assay."""
