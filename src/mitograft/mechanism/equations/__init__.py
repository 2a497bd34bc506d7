"""The equations, written once: read from data, checked, turned into symbols, code, SBML and documentation."""

from mitograft.mechanism.equations.load import load_model, parse_model
from mitograft.mechanism.equations.model import Assignment, Equation, Model, ModelError, State

__all__ = ["Assignment", "Equation", "Model", "ModelError", "State", "load_model", "parse_model"]
