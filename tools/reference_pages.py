"""The generated pages about the command line and the Python interface."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import click

import mitograft
from mitograft.cli import cli

__all__ = ["PACKAGE", "ROOT", "render_command_line", "render_interface"]

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "mitograft"
WIDTH = 92

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


NAMES = """\
# Python interface

`import mitograft` offers these names and loads what they need when they are first used. Everything else is
imported from its room, for example `from mitograft.outcome.haq import haq_di`; a name that a page of a room
lists is public.

| name | |
|---|---|
"""


def render_interface() -> Iterator[tuple[str, str]]:
    """Give the page of the package and one page a room: its modules and the names each of them offers."""
    yield "api/mitograft.md", NAMES + "\n".join(_name_row(name) for name in mitograft.__all__) + "\n"
    rooms: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if len(parts) == 1 and parts[0].startswith("__"):
            continue
        names = [] if parts[-1] == "__init__" else _offered(path.read_text(encoding="utf-8"))
        rooms.setdefault(parts[0], []).append(_module(parts, names))
    for room, modules in rooms.items():
        yield f"api/{room}.md", f"# {room}\n\n" + "\n".join(modules)


def _name_row(name: str) -> str:
    thing = getattr(mitograft, name)
    summary = (inspect.getdoc(thing) or "").partition("\n")[0]
    return f"| [`{name}`][{thing.__module__}.{thing.__qualname__}] | {summary} |"


def _module(parts: tuple[str, ...], names: list[str]) -> str:
    dotted = ".".join(("mitograft", *(part for part in parts if part != "__init__")))
    members = f"[{', '.join(names)}]" if names else "false"
    return f"::: {dotted}\n    options:\n      members: {members}\n"


def _offered(text: str) -> list[str]:
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    return []
