"""Human and mouse symbols of the same gene, by a table of one-to-one orthologs and never by letter case.

Changing letters would turn MT-ND1 into Mt-Nd1 (it is mt-Nd1) and mt-Cytb into MT-CYTB (it is MT-CYB). Genes
with several partners, such as those of the MHC, have no entry.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from mitograft.mouse.expression.options import Species
from mitograft.tables.parameters import load_rows

__all__ = ["PACKAGE", "load_markers", "load_orthologs", "translate"]

PACKAGE = "mitograft.mouse.expression"


@cache
def load_orthologs(source: Species) -> Mapping[str, str]:
    """Return the partner of every symbol of a species.

    >>> load_orthologs("mouse")["mt-Nd1"], load_orthologs("mouse").get("H2-K1")
    ('MT-ND1', None)
    """
    text = files(PACKAGE).joinpath("data", "orthologs.tsv").read_text(encoding="utf-8")
    own, other = (0, 1) if source == "human" else (1, 0)
    pairs = [line.split("\t") for line in text.splitlines()[1:]]
    return {pair[own]: pair[other] for pair in pairs}


def translate(genes: Iterable[str], source: Species, target: Species) -> tuple[str, ...]:
    """Return the partners of genes; those without exactly one are left out."""
    if source == target:
        return tuple(genes)
    table = load_orthologs(source)
    return tuple(table[gene] for gene in genes if gene in table)


@cache
def load_markers(role: str, species: Species) -> tuple[str, ...]:
    """Return the marker genes of infiltrate, muscle or mitochondrial DNA."""
    return tuple(row[species] for row in load_rows(PACKAGE, "markers.csv") if row["role"] == role)
