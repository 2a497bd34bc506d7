"""Cytokines of mice: concentrations with limits of quantification, compared as censored values."""
