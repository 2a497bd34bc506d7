"""Histology grades: scheme, two raters, section to block to muscle to mouse, outcomes."""
