"""The text of a kernel module: the model's generated functions, their form for lanes, a method's kernel."""

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from mitograft.mechanism.equations.generate import generator_digest
from mitograft.mechanism.equations.model import Model

__all__ = ["LANES", "kernel_key", "kernel_source"]

LANES = 16
"""Individuals that advance together: two registers of the widest kind now in use."""

_MARK = "# --- kernel ---\n"
_TEXTS = {"explicit": ("tableau.py", "vector.py", "explicit.py"), "stiff": ("tableau.py", "stiff.py")}
_NEEDS = {"explicit": ("prepare",), "stiff": ("prepare", "rhs", "jac", "dfdt")}
_DECORATOR = '@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})\n'


def kernel_key(model: Model, method: str) -> str:
    """Return what names a compiled kernel: it covers equations, generator, kernel and numba."""
    import numba

    parts = [generator_digest(model), method, numba.__version__, _text("source.py"), str(LANES)]
    parts += [_text(name) for name in _TEXTS[method]]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def kernel_source(model: Model, method: str) -> str:
    """Return the module that numba compiles for ``method``: ``explicit`` or ``stiff``."""
    # sympy is needed only here, when nothing is in the cache.
    from mitograft.mechanism.equations.generate import generate_source

    generated = _split(generate_source(model))
    parts = [_head(model, generated[""]), *(generated[name] for name in _NEEDS[method])]
    parts += [text for name, text in generated.items() if name.startswith("event_")]
    parts += [_apply_event(model)]
    kernel = [_text(name).split(_MARK, 1)[1] for name in _TEXTS[method]]
    if method == "explicit":
        kernel.insert(2, _lanes(generated["rhs"]))
    else:
        kernel.insert(0, _elimination(generated[""], len(model.states)))
    return _decorate("\n\n".join([*parts, *kernel]))


@cache
def _text(name: str) -> str:
    return files("mitograft.mechanism").joinpath("solve", name).read_text(encoding="utf-8")


def _split(source: str) -> dict[str, str]:
    """Return the generated functions by name; the head is under the empty name."""
    parts = re.split(r"^(?=def )", source, flags=re.MULTILINE)
    return {"": parts[0]} | {text[4 : text.index("(")]: text.rstrip() + "\n" for text in parts[1:]}


def _head(model: Model, head: str) -> str:
    size = re.search(r"^P_SIZE = (\d+)$", head, flags=re.MULTILINE)
    lines = [
        '"""Generated from the equations of mitograft\'s mechanistic model; do not edit."""',
        "from math import exp, log, sqrt",
        "import numpy as np",
        "from numba import njit, types",
        "from numba.extending import intrinsic",
        f"S, Q, W = {len(model.states)}, {size[1] if size else 0}, {LANES}",
        f"NP = {len(model.parameter_names)}",
    ]
    return "\n".join(lines) + "\n"


def _apply_event(model: Model) -> str:
    """Write the choice of an event by its number; numbers past the last set a memory quantity."""
    lines = ["def apply_event(kind, t, amount, y, p):"]
    for number, kind in enumerate(model.events):
        lines += [f"    if kind == {number}:", f"        event_{kind}(t, amount, y, p)"]
    lines += [f"    if kind >= {len(model.events)}:", f"        p[NP + kind - {len(model.events)}] = amount"]
    return "\n".join(lines) + "\n"


def _lanes(rhs: str) -> str:
    """Rewrite the rates of one individual for all lanes: quantity i of lane l stands at i*W + l."""
    body = rhs.splitlines()[1:]
    text = "\n".join(f"    {line}" for line in body)
    text = re.sub(r"\b(y|p|out)\[(\d+)\]", lambda m: f"{m[1]}[{int(m[2]) * LANES} + lane]", text)
    text = re.sub(r"\bexp\(", "exp_lanes(", text)
    head = "def rhs_lanes(now, y, p, out):\n    for lane in range(W):\n        t = now[lane]\n"
    return head + text + "\n"


def _decorate(text: str) -> str:
    return re.sub(r"^(?=def (?!_))", _DECORATOR, text, flags=re.MULTILINE)


def _elimination(head: str, size: int) -> str:
    from mitograft.mechanism.solve.elimination import plan_elimination

    rows, columns = (_numbers(head, name) for name in ("ROWS", "COLS"))
    plan = plan_elimination(rows, columns, size)
    return "\n".join(f"{name} = np.array({list(values)!r}, dtype=np.int64)" for name, values in plan.items())


def _numbers(head: str, name: str) -> Sequence[int]:
    match = re.search(rf"^{name} = \(([^)]*)\)$", head, flags=re.MULTILINE)
    return [int(word) for word in match[1].split(",") if word.strip()] if match else []
