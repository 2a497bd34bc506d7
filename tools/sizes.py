"""Keep files and functions small: print the ten longest functions, fail beyond the budget.

    .venv/bin/python tools/sizes.py [FOLDER ...]      default: src, benchmarks and tools

Budget: 400 lines a file, 60 lines a function (signature and body without the docstring), seven arguments.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = ("src", "benchmarks", "tools")
FILE_LINES, FUNCTION_LINES, ARGUMENTS = 400, 60, 7
SHOWN = 10


@dataclass(frozen=True)
class Function:
    """One function and its size."""

    place: str
    lines: int
    arguments: int


def measure_functions(path: Path, text: str) -> Iterator[Function]:
    """Yield every function of a file, methods and nested functions included."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1 - _docstring_lines(node)
            place = f"{path}:{node.lineno} {node.name}"
            yield Function(place, lines, _argument_count(node.args))


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    if ast.get_docstring(node) is None:
        return 0
    text = node.body[0]
    return (text.end_lineno or text.lineno) - text.lineno + 1


def _argument_count(arguments: ast.arguments) -> int:
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return sum(argument.arg not in ("self", "cls") for argument in named)


def find_excesses(files: dict[Path, str], functions: list[Function]) -> list[str]:
    """Return one sentence for everything beyond the budget."""
    sizes = [(str(path), len(text.splitlines()), FILE_LINES, "lines") for path, text in files.items()]
    sizes += [(function.place, function.lines, FUNCTION_LINES, "lines") for function in functions]
    sizes += [(function.place, function.arguments, ARGUMENTS, "arguments") for function in functions]
    return [f"{place}: {size} {unit}, at most {most}" for place, size, most, unit in sizes if size > most]


def main() -> int:
    """Measure, print, and return 1 when something is beyond the budget."""
    folders = [ROOT / name for name in sys.argv[1:] or DEFAULT]
    paths = sorted(path for folder in folders for path in folder.rglob("*.py"))
    files = {path: path.read_text(encoding="utf-8") for path in paths}
    functions = [found for path, text in files.items() for found in measure_functions(path, text)]
    functions.sort(key=lambda function: -function.lines)
    print(f"{len(files)} files, {len(functions)} functions; the longest:")
    for function in functions[:SHOWN]:
        print(f"  {function.lines:3d}  {function.place.removeprefix(f'{ROOT}/')}")
    excesses = find_excesses(files, functions)
    for sentence in excesses:
        print(f"Too large: {sentence}", file=sys.stderr)
    return 1 if excesses else 0


if __name__ == "__main__":
    sys.exit(main())
