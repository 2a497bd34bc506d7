"""The page of the documentation that says the model in full, made from the files the code reads."""

from collections.abc import Iterable, Mapping, Sequence

from mitograft.mechanism.equations.dimensions import derive_dimensions, write_unit
from mitograft.mechanism.equations.language import names_in, parse_expression
from mitograft.mechanism.equations.model import Equation, Model
from mitograft.tables.parameters import Parameter

__all__ = ["describe_model"]

_INTRODUCTION = """\
# The equations of the mechanistic model

Every equation, state and parameter of the model, as the code reads them. Time `t` is in days; `x'` is the
rate of a state. An equation uses only what stands above it, states, memory (what events change) and
parameters. Units are derived from the tables and checked. A flag marks a value that no source confirms or
that was fitted.
"""


def describe_model(model: Model) -> str:
    """Return the page as Markdown: states, inputs, events, then each section with its parameters."""
    found = derive_dimensions(model)
    units = {name: write_unit(dimension) for name, dimension in found.known.items()}
    parts = [_INTRODUCTION, _states(model), _memory(model, units), _events(model, units)]
    told: set[str] = set()
    for section in model.sections:
        equations = [e for e in model.statements if e.section == section]
        parts.append(_section(section, equations, units))
        used = _uses(e.code for e in equations)
        # A parameter stands in the section that uses it first, so that each is listed once.
        parameters = [p for p in model.parameters if p.id in used and p.id not in told]
        told |= {p.id for p in parameters}
        parts.append(_parameters("Parameters met here first:", parameters))
    rest = [p for p in model.parameters if p.id not in told]
    if rest:
        parts.append("## Other parameters\n\n" + _parameters("In events and initial values alone:", rest))
    return "\n".join(part for part in parts if part)


def _uses(codes: Iterable[str]) -> set[str]:
    trees = (parse_expression(code)[0] for code in codes)
    return {name for tree in trees if tree is not None for name in names_in(tree)}


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = ([cell.replace("|", r"\|").replace("\n", " ") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"


def _states(model: Model) -> str:
    rows = (
        [
            f"`{s.name}`",
            s.label,
            s.unit,
            f"`{s.initial}`",
            _bounds(s.lower, s.upper),
            s.status,
            s.citation,
            s.note,
        ]
        for s in model.states
    )
    head = ("state", "meaning", "unit", "initial", "bounds", "status", "source", "note")
    return "## States\n\n" + _table(head, rows)


def _bounds(lower: float | None, upper: float | None) -> str:
    low, high = ("" if bound is None else f"{bound:g}" for bound in (lower, upper))
    return f"{low} to {high}" if low and high else (f"from {low}" if low else (f"to {high}" if high else ""))


def _memory(model: Model, units: Mapping[str, str]) -> str:
    rows = ([f"`{n}`", model.words[n], units[n], f"{value:g}"] for n, value in model.memory.items())
    return "## Memory\n\n" + _table(("quantity", "meaning", "unit", "before any event"), rows)


def _events(model: Model, units: Mapping[str, str]) -> str:
    rows = (
        [f"`{kind}`", units[f"amount {kind}"], "<br>".join(f"`{a.name} = {a.code}`" for a in assignments)]
        for kind, assignments in model.events.items()
    )
    return "## Events\n\n" + _table(("event", "unit of amount", "what it does, in order"), rows)


def _section(title: str, equations: Sequence[Equation], units: Mapping[str, str]) -> str:
    rows = (
        [
            f"`{e.name}{chr(39) if e.rate else ''} = {e.code}`",
            (f"{units[e.name]}/d" if units[e.name] != "1" else "1/d") if e.rate else units[e.name],
            e.words,
        ]
        for e in equations
    )
    return f"## {title}\n\n" + _table(("equation", "unit", "meaning"), rows)


def _parameters(lead: str, parameters: Sequence[Parameter]) -> str:
    rows = (
        [
            f"`{p.id}`",
            p.value,
            p.unit,
            p.kind,
            p.status + (" (flag)" if p.flagged else ""),
            p.citation,
            p.note,
        ]
        for p in parameters
    )
    head = ("parameter", "value", "unit", "kind", "status", "source", "note")
    return f"{lead}\n\n{_table(head, rows)}" if parameters else ""
