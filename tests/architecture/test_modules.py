"""Modules say what they are, and offer exactly the names they list (ruff keeps __all__ sorted, RUF022)."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path.name != "__main__.py")
HOMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "shared", "stuff"}


def dotted_name(path: Path) -> str:
    return ".".join(part for part in path.relative_to(SOURCE).with_suffix("").parts if part != "__init__")


def list_definitions(tree: ast.Module) -> set[str]:
    """Public functions and classes defined at the top of a module."""
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in tree.body if isinstance(node, defined) and not node.name.startswith("_")}


def test_no_module_is_named_for_having_no_home():
    assert not [
        str(path) for path in MODULES if HOMELESS & set(path.relative_to(SOURCE).with_suffix("").parts)
    ]


@pytest.mark.parametrize("path", MODULES, ids=dotted_name)
def test_all_is_complete(path):
    module = import_module(dotted_name(path))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    definitions = list_definitions(tree)
    names = getattr(module, "__all__", None)
    if names is None:
        assert not definitions, f"add __all__ = {sorted(definitions)}"
        return
    assert len(names) == len(set(names))
    assert not definitions - set(names), "public by name but not in __all__; add it or begin it with _"
    assert not [name for name in names if not hasattr(module, name)]


def test_every_module_says_what_it_is():
    silent = [
        dotted_name(path)
        for path in MODULES
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent
