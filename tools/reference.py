"""Write the generated pages of docs/reference: command line, parameters, Python interface.

    .venv/bin/python tools/reference.py            write them
    .venv/bin/python tools/reference.py --check    change nothing; fail when one of them is out of date

Nothing on these pages is typed by hand: the command line comes from its own help, the tables from the data
files that the code reads, the Python interface from the names in ``__all__`` (mkdocstrings adds docstrings).
"""

import ast
import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from mitograft.cli import cli
from mitograft.tables.parameters import FLAGGED

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "mitograft"
PAGES = ROOT / "docs" / "reference"
WIDTH = 92
NOTICE = "<!-- Made by tools/reference.py (make docs); do not edit. -->\n\n"

EXIT_CODES = """\
## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 2 | the command line or an input file is wrong; nothing was written |
| 3 | the machine refused: no permission, no space |
| 4 | an error of mitograft itself; please report it |
| 130 | interrupted from the keyboard |
"""

PARAMETERS = """\
# Parameters and criteria

Every threshold, weight and rule that the code uses is a row of a data file, with its citation and how far it
is confirmed: `source` (read in the cited source), `derived` (arithmetic from sources), `secondary`
(second-hand), `recall` (believed, not confirmed) or `assumed` (chosen, because no source gives it). The last
three are **flagged**: every report lists them beside the results that use them, and they can be overridden.

"""


def render_command_line() -> str:
    """Give the help of the command and of each of its verbs, as the terminal prints it."""
    top = cli.make_context(
        "mitograft", [], resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH
    )
    parts = ["# Command line\n", _fenced(cli.get_help(top))]
    for name in cli.list_commands(top):
        command = cli.get_command(top, name)
        if command is None:
            raise click.ClickException(f"The command line lists {name} but cannot give it.")
        context = command.make_context(name, [], parent=top, resilient_parsing=True)
        parts += [f"## mitograft {name}\n", _fenced(command.get_help(context))]
    return "\n".join([*parts, EXIT_CODES])


def _fenced(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```\n"


def render_parameters() -> str:
    """Give every data file of the package as a table."""
    tables = sorted(PACKAGE.glob("**/data/*.csv"))
    return PARAMETERS + "\n".join(_table(path) for path in tables)


def _table(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    at = header.index("status")
    for row in rows:
        row[at] = f"**{row[at]}**" if row[at] in FLAGGED else row[at]
    shown = [at_column for at_column in range(len(header)) if any(row[at_column] for row in rows)]
    lines = [f"## `{path.relative_to(PACKAGE).as_posix()}`\n", _line([header[i] for i in shown])]
    lines += ["|" + "---|" * len(shown), *(_line([_cell(row[i]) for i in shown]) for row in rows)]
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;")


def render_interface() -> Iterator[tuple[str, str]]:
    """Give one page a room: its modules and the names each of them offers."""
    rooms: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[-1].startswith("__") and len(parts) == 1:
            continue
        text = path.read_text(encoding="utf-8")
        rooms.setdefault(parts[0], []).append(
            _module(parts, [] if parts[-1] == "__init__" else _offered(text))
        )
    for room, modules in rooms.items():
        yield f"api/{room}.md", f"# {room}\n\n" + "\n".join(modules)


def _module(parts: tuple[str, ...], names: list[str]) -> str:
    dotted = ".".join(("mitograft", *(part for part in parts if part != "__init__")))
    members = "false" if not names else "[" + ", ".join(names) + "]"
    return f"::: {dotted}\n    options:\n      members: {members}\n"


def _offered(text: str) -> list[str]:
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    return []


def main() -> int:
    """Write the pages, or compare them and return 1 when they differ."""
    pages = {
        "cli.md": render_command_line(),
        "parameters.md": render_parameters(),
        **dict(render_interface()),
    }
    wanted = {PAGES / name: NOTICE + text for name, text in pages.items()}
    stale = [path for path in PAGES.rglob("*.md") if path not in wanted]
    stale += [p for p, text in wanted.items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"Out of date: {path.relative_to(ROOT)}; run make docs and commit it.", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.unlink(missing_ok=True)
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
