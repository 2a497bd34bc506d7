"""Uptake of donor mitochondria, membrane potential, mitochondrial ROS."""

from mitograft.assays.uptake.derive import FILES, UptakeResult, analyse_uptake, derive_uptake
from mitograft.assays.uptake.derive_colocalisation import Colocalisation, colocalise
from mitograft.assays.uptake.estimates import Estimate, load_uptake_parameters

__all__ = [
    "FILES",
    "Colocalisation",
    "Estimate",
    "UptakeResult",
    "analyse_uptake",
    "colocalise",
    "derive_uptake",
    "load_uptake_parameters",
]
