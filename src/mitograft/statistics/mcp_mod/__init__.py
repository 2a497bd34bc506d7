"""Dose response by multiple contrasts and models: is there one, of what form, which dose is enough.

``shapes`` -> ``contrasts`` -> ``contrast_test`` (and ``contrast_permutation``, ``power``) answer the first
question, ``fit`` -> ``choice`` the second, ``target`` the third; ``procedure`` does all in order. ``means``
holds the data, ``max_t`` the distribution of the largest contrast.
"""
