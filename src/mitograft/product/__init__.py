"""The mitochondria lot: characterisation, release, potency, stability, dose preparation."""

from mitograft.product.analyse import ProductResult, analyse_product, potency_table, stability_table
from mitograft.product.attributes import Attribute, load_attributes, load_product_parameters
from mitograft.product.dose import Dose, prepare_dose
from mitograft.product.evidence import product_evidence
from mitograft.product.potency import Potency, relative_potencies
from mitograft.product.prepared import PreparedDose, dose_table, prepare_doses
from mitograft.product.read import load_example_specification, read_doses, read_lots, read_specification
from mitograft.product.specification import LotVerdict, certificate, judge_lots, summarise
from mitograft.product.stability import NoStability, Stability, fit_stability, stability_of

__all__ = [
    "Attribute",
    "Dose",
    "LotVerdict",
    "NoStability",
    "Potency",
    "PreparedDose",
    "ProductResult",
    "Stability",
    "analyse_product",
    "certificate",
    "dose_table",
    "fit_stability",
    "judge_lots",
    "load_attributes",
    "load_example_specification",
    "load_product_parameters",
    "potency_table",
    "prepare_dose",
    "prepare_doses",
    "product_evidence",
    "read_doses",
    "read_lots",
    "read_specification",
    "relative_potencies",
    "stability_of",
    "stability_table",
    "summarise",
]
