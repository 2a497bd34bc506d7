"""Write the generated pages of docs/reference: command line, parameters, columns, Python interface.

    .venv/bin/python tools/reference.py            write them
    .venv/bin/python tools/reference.py --check    change nothing; fail when one of them is out of date

Nothing on these pages is typed by hand: the command line comes from its own help, the tables from the data
files and column contracts that the code reads, the Python interface from the names in ``__all__``
(mkdocstrings adds the docstrings).
"""

import sys

from reference_pages import ROOT, render_command_line, render_interface
from reference_tables import render_columns, render_parameters, render_tis_table

from mitograft.mechanism.equations import load_model
from mitograft.mechanism.equations.describe import describe_model

PAGES = ROOT / "docs" / "reference"
NOTICE = "<!-- Made by tools/reference.py (make docs); do not edit. -->\n\n"


def main() -> int:
    """Write the pages, or compare them and return 1 when they differ."""
    pages = {
        "cli.md": render_command_line(),
        "columns.md": render_columns(),
        "parameters.md": render_parameters(),
        "tis-table.md": render_tis_table(),
        "model-equations.md": describe_model(load_model()),
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
