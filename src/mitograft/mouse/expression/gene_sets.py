"""Gene sets: the shipped Reactome panel and the user's own files, in the symbols of the counts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from mitograft.errors import InputError, UsageError, Violation
from mitograft.evidence.finding import Finding
from mitograft.mouse.expression.options import Species
from mitograft.mouse.expression.orthologs import PACKAGE, translate
from mitograft.tables.parameters import Parameters, load_rows

__all__ = ["Coverage", "GeneSet", "find_coverage", "load_panel", "read_gene_sets", "report_coverage"]


@dataclass(frozen=True, slots=True)
class GeneSet:
    """A named set of genes.

    Parameters
    ----------
    id, label
        Machine name and words.
    axis
        ``oxidative``, ``glycolytic``, ``inflammatory``, ``muscle`` or ``user``.
    weight
        Part of the set in the index of the metabolic shift; 0 for none.
    genes
        Symbols of the species of the counts, each once.
    size
        Genes of the set as published, before translation.
    source
        Where the set comes from.
    """

    id: str
    label: str
    axis: str
    weight: float
    genes: tuple[str, ...]
    size: int
    source: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a set the data hold: genes as published, with a partner in the species, and counted."""

    set: str
    size: int
    translated: int
    found: int

    @property
    def share(self) -> float:
        """Share of the published genes that were counted."""
        return self.found / self.size


def load_panel(species: Species) -> tuple[GeneSet, ...]:
    """Return the shipped sets in the symbols of a species.

    >>> [s.size for s in load_panel("human") if s.id in ("glycolysis", "tca_cycle")]
    [22, 72]
    """
    text = files(PACKAGE).joinpath("data", "reactome_panel.gmt").read_text(encoding="utf-8")
    by_name = {identifier: genes for _, identifier, genes in _gmt_lines(text)}
    return tuple(
        GeneSet(
            row["id"], row["label"], row["axis"], float(row["shift_weight"]),
            translate(by_name[row["reactome"]], "human", species), len(by_name[row["reactome"]]),
            f"Reactome {row['reactome']}",
        )
        for row in load_rows(PACKAGE, "panel.csv")
    )  # fmt: skip


def _gmt_lines(text: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for line in text.splitlines():
        if line.strip():
            name, described, *genes = [*line.split("\t"), "", ""][: max(2, line.count("\t") + 1)]
            yield name.strip(), described.strip(), tuple(dict.fromkeys(g.strip() for g in genes if g.strip()))


def read_gene_sets(path: Path, source: Species, species: Species) -> tuple[GeneSet, ...]:
    """Read a user's sets: GMT (a set a line) or GMX (a set a column, as MitoPathways comes).

    Raises
    ------
    UsageError
        If there is no such file, or its ending is neither.
    InputError
        If a set has no name or no genes, or a name stands twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file. Check the name and the folder.") from None
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{path}: not a readable text file in UTF-8.") from None
    ending = path.suffix.lower()
    if ending not in (".gmt", ".gmx"):
        raise UsageError(f"{path}: found the ending {ending!r}; expected .gmt or .gmx.")
    sets = list(_gmt_lines(text if ending == ".gmt" else _turned(text)))
    violations = list(_check(sets, path.name))
    if violations:
        raise InputError(path.name, violations)
    return tuple(
        GeneSet(
            _identifier(name), name, "user", 0.0, translate(genes, source, species), len(genes), path.name
        )
        for name, _, genes in sets
    )


def _turned(text: str) -> str:
    """Return a GMX file as GMT: columns become lines."""
    rows = [line.split("\t") for line in text.splitlines()]
    width = max((len(row) for row in rows), default=0)
    columns = zip(*([*row, *[""] * (width - len(row))] for row in rows), strict=True)
    return "\n".join("\t".join(column) for column in columns)


def _identifier(name: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def _check(sets: Sequence[tuple[str, str, tuple[str, ...]]], file: str) -> Iterator[Violation]:
    if not sets:
        yield Violation(
            "no-rows", "no gene set", "at least one", "Check that the right file was given.", file
        )
    seen: set[str] = set()
    for number, (name, _, genes) in enumerate(sets, start=1):
        key = _identifier(name)
        if not key:
            yield Violation("empty", "a set without a name", "a name", "Name the set.", file, number)
        elif key in seen:
            found = "the name of another set again"
            yield Violation("duplicate", found, "each name once", "Rename one of the two.", file, number)
        if not genes:
            found, remedy = "a set without genes", "Add its genes, or take the line out."
            yield Violation("no-genes", found, "gene symbols", remedy, file, number)
        seen.add(key)


def find_coverage(
    sets: Iterable[GeneSet], genes: Sequence[str]
) -> tuple[tuple[GeneSet, ...], tuple[Coverage, ...]]:
    """Return the sets with the counted genes only, and how much of each that is."""
    known = set(genes)
    kept, coverage = [], []
    for item in sets:
        found = tuple(gene for gene in item.genes if gene in known)
        kept.append(replace(item, genes=found))
        coverage.append(Coverage(item.id, item.size, len(item.genes), len(found)))
    return tuple(kept), tuple(coverage)


def report_coverage(
    coverage: Iterable[Coverage], parameters: Parameters, source: str
) -> tuple[set[str], list[Finding]]:
    """Return the sets that can be scored, and what is said about the others and the thin ones."""
    usable, findings = set(), []
    fewest, share = parameters["fewest_genes"].number, parameters["fewest_found"].number
    for item in coverage:
        found = f"{item.found} of {item.size} genes"
        if item.found < fewest:
            remedy = f"The set is not scored: fewer than {fewest:g} genes."
            findings.append(Finding("set-not-scored", "warning", source, item.set, found, remedy))
            continue
        usable.add(item.set)
        if item.share < share:
            remedy = (
                f"Its score rests on less than {100 * share:g} % of the set "
                f"({item.translated} genes have a partner in the species)."
            )
            findings.append(Finding("thin-coverage", "warning", source, item.set, found, remedy))
    return usable, findings
