"""Plate readers: ATP, viability, ELISA, Luminex, standard curves and dose response."""
