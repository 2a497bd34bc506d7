"""What a trace is: a value, the rule that made it, and the same for all the rule read, down to the file."""

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Trace", "TraceStep"]


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One value and where it comes from.

    Parameters
    ----------
    place
        Data set, record and variable, or file, row and fields.
    value
        The value as text; empty for a missing one.
    rule
        Name of the rule; empty for a value that was collected or read.
    method
        What the rule does, in words.
    formula
        The rule with the numbers put in; empty where there is nothing to compute.
    steps
        The values the rule read.
    """

    place: str
    value: str
    rule: str = ""
    method: str = ""
    formula: str = ""
    steps: "tuple[TraceStep, ...]" = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """The trace of one value of one subject."""

    subject: str
    root: TraceStep

    def lines(self) -> list[str]:
        """Return the tree as text, a step deeper two blanks further in."""
        return [f"Subject {self.subject}", *_lines(self.root, 0)]

    def as_dict(self) -> dict[str, object]:
        """Return the tree for machine-readable output."""
        return {"subject": self.subject, **_as_dict(self.root)}

    def files(self) -> tuple[str, ...]:
        """Return the places in files at the ends of the tree, each once."""
        return tuple(dict.fromkeys(step.place for step in _ends(self.root) if step.place.startswith("file ")))


def _lines(step: TraceStep, depth: int) -> Iterator[str]:
    indent = "  " * depth
    value = step.value or "(empty)"
    head = step.place if step.place.startswith("file ") else f"{step.place} = {value}"
    yield indent + head + (f"  [{step.rule}]" if step.rule else "")
    if step.method:
        yield f"{indent}  | {step.method}"
    if step.formula:
        yield f"{indent}  | {step.formula}"
    for inner in step.steps:
        yield from _lines(inner, depth + 1)


def _as_dict(step: TraceStep) -> dict[str, object]:
    return {
        "place": step.place,
        "value": step.value,
        "rule": step.rule,
        "method": step.method,
        "formula": step.formula,
        "steps": [_as_dict(inner) for inner in step.steps],
    }


def _ends(step: TraceStep) -> Iterator[TraceStep]:
    if not step.steps:
        yield step
    for inner in step.steps:
        yield from _ends(inner)
