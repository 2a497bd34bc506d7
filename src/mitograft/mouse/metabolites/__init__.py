"""Targeted metabolomics of mouse tissue: levels to ratios, adenylate energy charge and pathways."""
