"""Expressions of the model as content MathML, in the subset that SBML allows."""

import ast
import xml.etree.ElementTree as ET

__all__ = ["write_math"]

_OPERATORS = {ast.Add: "plus", ast.Sub: "minus", ast.Mult: "times", ast.Div: "divide", ast.Pow: "power"}
_FUNCTIONS = {"exp": "exp", "log": "ln", "sqrt": "root"}
_NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_TIME = "http://www.sbml.org/sbml/symbols/time"


def write_math(parent: ET.Element, tree: ast.expr) -> None:
    """Append a ``math`` element with an expression; ``t`` is SBML's time.

    A number whose node has a ``kind`` bears it as its unit; all others are dimensionless.
    """
    _write(ET.SubElement(parent, "math", xmlns=_NAMESPACE), tree)


def _write(parent: ET.Element, node: ast.expr) -> None:
    match node:
        case ast.Constant(value, kind):
            _number(parent, repr(value), kind or "dimensionless")
        case ast.Name("t"):
            ET.SubElement(parent, "csymbol", encoding="text", definitionURL=_TIME).text = "time"
        case ast.Name(name):
            ET.SubElement(parent, "ci").text = name
        case ast.UnaryOp(operator, operand):
            target = _apply(parent, "minus") if isinstance(operator, ast.USub) else parent
            _write(target, operand)
        case ast.Call(ast.Name(name), [argument]):
            _write(_apply(parent, _FUNCTIONS[name]), argument)
        case ast.BinOp(left, operator, right):
            target = _apply(parent, _OPERATORS[type(operator)])
            _write(target, left)
            _write(target, right)


def _apply(parent: ET.Element, operator: str) -> ET.Element:
    element = ET.SubElement(parent, "apply")
    ET.SubElement(element, operator)
    return element


def _number(parent: ET.Element, text: str, unit: str) -> None:
    mantissa, _, exponent = text.partition("e")
    kind = {"type": "e-notation"} if exponent else {}
    element = ET.SubElement(parent, "cn", {**kind, "sbml:units": unit})
    element.text = mantissa
    if exponent:
        ET.SubElement(element, "sep").tail = str(int(exponent))
