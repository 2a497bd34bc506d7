"""The small language of the equations file: lines become statements, expressions become syntax trees.

::

    == Title            a section of the documentation
    memory x = value    a quantity that only events change
    x = expression      an algebraic quantity
    x' = expression     the rate of a state
    on event(amount)    what an event does, on the indented lines below
    ; words             what the line means; # starts a comment

Expressions know ``+ - * / **``, numbers, names, ``exp``, ``log`` and ``sqrt``, and nothing else: they are
read with Python's own parser and every other construct is refused.
"""

import ast
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mitograft.errors import Violation
from mitograft.mechanism.equations.model import Assignment, Equation

__all__ = ["FUNCTIONS", "RESERVED", "Draft", "names_in", "parse_expression", "read_lines"]

FUNCTIONS = ("exp", "log", "sqrt")
RESERVED = frozenset({"t", "amount", "y", "p", "dy", "out", "lane", "range", *FUNCTIONS, *keyword.kwlist})
"""Names no quantity may bear: time, the size of an event, functions, and what generated code uses."""

_NAME = r"[A-Za-z][A-Za-z0-9_]*"
_MEMORY = re.compile(rf"memory\s+({_NAME})\s*=\s*(.+)")
_EVENT = re.compile(rf"on\s+({_NAME})\(amount\)")
_STATEMENT = re.compile(rf"({_NAME})('?)\s*=\s*(.+)")
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)


@dataclass
class Draft:
    """What the lines say, before it is checked; ``places`` are the lines that define a name."""

    memory: dict[str, float] = field(default_factory=dict)
    statements: list[Equation] = field(default_factory=list)
    events: dict[str, list[Assignment]] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    places: list[tuple[str, int]] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    def refuse(self, line: int, rule: str, found: str, expected: str) -> None:
        """Note a broken rule."""
        self.violations.append(Violation(rule, found, expected, "Mend the line.", "equations.txt", line))


def read_lines(text: str) -> Draft:
    """Read every line of an equations file; what cannot be read is noted in ``violations``."""
    draft, section, event = Draft(), "", ""
    for number, raw in enumerate(text.splitlines(), 1):
        code, _, words = raw.split("#", 1)[0].partition(";")
        line, words = code.strip(), words.strip()
        if not line:
            continue
        if line.startswith("=="):
            section, event = line.strip("= "), ""
        elif match := _EVENT.fullmatch(line):
            event = _open_event(draft, match[1], number)
        elif code[0].isspace() and event:
            _read_assignment(draft, event, line, number)
        elif match := _MEMORY.fullmatch(line):
            event = _read_memory(draft, match, words, number)
        elif match := _STATEMENT.fullmatch(line):
            event = _read_statement(draft, match, (section, words), number)
        else:
            draft.refuse(number, "unreadable", repr(line), "a section, memory, an event or an equation")
    return draft


def parse_expression(text: str) -> tuple[ast.expr | None, str]:
    """Parse an expression of the language.

    Returns
    -------
    tuple
        The syntax tree and an empty text, or None and what was found that the language does not know.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return None, f"{text.strip()!r}, which is no expression"
    strange = next(_strange(tree), "")
    return (None, strange) if strange else (tree, "")


def names_in(tree: ast.expr) -> tuple[str, ...]:
    """Return the quantities an expression uses, each once, in the order of reading."""
    found = (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return tuple(dict.fromkeys(name for name in found if name not in FUNCTIONS))


def _strange(node: ast.expr) -> Iterator[str]:
    """Yield what the language does not know, in words."""
    match node:
        case ast.BinOp(left, operator, right) if isinstance(operator, _OPERATORS):
            yield from _strange(left)
            yield from _strange(right)
        case ast.UnaryOp(ast.USub() | ast.UAdd(), operand):
            yield from _strange(operand)
        case ast.Call(ast.Name(name), [argument], []) if name in FUNCTIONS:
            yield from _strange(argument)
        case ast.Name(name):
            if name in FUNCTIONS:
                yield f"the function {name} without its argument"
        case ast.Constant(value) if type(value) in (int, float):
            pass
        case _:
            yield f"{ast.unparse(node)!r}"


def _open_event(draft: Draft, kind: str, line: int) -> str:
    if kind in draft.events:
        draft.refuse(line, "twice", f"event {kind} a second time", "each event once")
    draft.events.setdefault(kind, [])
    return kind


def _code(draft: Draft, text: str, line: int) -> str:
    """Return the canonical text of an expression; 0 where it cannot be read, which is noted."""
    tree, strange = parse_expression(text)
    if tree is None:
        draft.refuse(line, "expression", strange, f"+ - * / **, numbers, names, {', '.join(FUNCTIONS)}")
        return "0"
    return ast.unparse(tree)


def _read_assignment(draft: Draft, event: str, text: str, line: int) -> None:
    match = _STATEMENT.fullmatch(text)
    if match is None or match[2]:
        draft.refuse(line, "unreadable", repr(text), f"name = expression in event {event}")
        return
    draft.events[event].append(Assignment(match[1], _code(draft, match[3], line), line))


def _read_memory(draft: Draft, match: re.Match[str], words: str, line: int) -> str:
    draft.places.append((match[1], line))
    draft.words[match[1]] = words
    try:
        draft.memory[match[1]] = float(match[2])
    except ValueError:
        draft.memory[match[1]] = 0.0
        draft.refuse(line, "memory", repr(match[2]), "a number")
    return ""


def _read_statement(draft: Draft, match: re.Match[str], about: tuple[str, str], line: int) -> str:
    name, rate = match[1], bool(match[2])
    section, words = about
    if not rate:
        draft.places.append((name, line))
    draft.statements.append(Equation(name, _code(draft, match[3], line), rate, words, section, line))
    return ""
