"""Gene symbols: names a spreadsheet has turned into dates, duplicates, absent mitochondrial genes."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mitograft.evidence.finding import Finding
from mitograft.mouse.expression.options import Duplicates, Species
from mitograft.mouse.expression.orthologs import load_markers

__all__ = ["explain_mangled", "find_absent_mitochondrial", "find_mangled", "resolve_duplicates"]

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = "|".join(_MONTHS)
_DATE = re.compile(rf"(?i)(\d{{1,2}})[-/ ]({_MONTH})[a-z]*\.?|({_MONTH})[a-z]*[-/ ](\d{{1,2}})")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)([T ].*)?|(\d{1,2})/(\d{1,2})/(\d{2,4})")
_NUMBER = re.compile(r"\d+(\.\d+)?")
_POWER = re.compile(r"(?i)\d+(\.\d+)?e\+?\d+")
_SHOWN = 12

Counts = npt.NDArray[np.int64]


def explain_mangled(symbol: str, species: Species) -> str:
    """Say what a spreadsheet made of a gene symbol; empty where the symbol looks sound.

    >>> explain_mangled("2-Mar", "human"), explain_mangled("10-Sep", "mouse"), explain_mangled("TTN", "human")
    ('a date; MARCHF2 or MTARC2', 'a date; Septin10', '')
    """
    if match := _DATE.fullmatch(symbol):
        number = int(match[1] or match[4])
        candidates = _candidates((match[2] or match[3]).lower(), number)
        named = [c if species == "human" else c.capitalize() for c in candidates]
        return "a date" + (f"; {' or '.join(named)}" if named else "")
    if _ISO.fullmatch(symbol):
        return "a date written out"
    if _POWER.fullmatch(symbol):
        return "a number with an exponent; a RIKEN name such as 2310009E13Rik"
    if _NUMBER.fullmatch(symbol):
        return "a number; a date's serial number or an Entrez identifier"
    return ""


def _candidates(month: str, number: int) -> list[str]:
    return {
        "mar": [f"MARCHF{number}"] + ([f"MTARC{number}"] if number <= 2 else []),
        "sep": [f"SEPTIN{number}"],
        "dec": [f"DELEC{number}"],
        "oct": ["POU5F1"] if number == 4 else [],
    }.get(month, [])


def find_mangled(genes: Sequence[str], source: str, species: Species) -> list[Finding]:
    """Find symbols that a spreadsheet has changed; one finding for the file."""
    bad = {gene: told for gene in dict.fromkeys(genes) if (told := explain_mangled(gene, species))}
    if not bad:
        return []
    shown = ", ".join(f"{gene} ({told})" for gene, told in list(bad.items())[:_SHOWN])
    more = f" and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
    found = f"{len(bad)} gene names that a spreadsheet has changed: {shown}{more}"
    remedy = (
        "They are kept under these names and belong to no gene set. Export the counts again without opening "
        "them in a spreadsheet, or use Ensembl identifiers on the way."
    )
    return [Finding("mangled-symbol", "warning", source, "", found, remedy)]


def resolve_duplicates(
    genes: Sequence[str], values: Counts, rule: Duplicates, source: str, species: Species
) -> tuple[tuple[str, ...], Counts, list[Finding]]:
    """Make every symbol stand once; nameless genes are left out.

    Parameters
    ----------
    genes, values
        Symbols, and counts of samples x genes.
    rule
        ``drop`` leaves out all rows of a repeated symbol, because nothing says which is right; ``first``
        keeps the first; ``sum`` adds them, which is right only for parts of one gene.
    """
    names = np.array([gene or "" for gene in genes], dtype=object)
    repeated = {gene for gene, n in Counter(names).items() if n > 1 and gene}
    findings = _duplicate_findings(repeated, rule, source, species)
    nameless = int(np.sum(names == ""))
    if nameless:
        found, remedy = f"{nameless} rows without a gene name", "They are left out; name them to keep them."
        findings.append(Finding("nameless-gene", "warning", source, "", found, remedy))
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        first.setdefault(name, index)
    kept = [i for i, n in enumerate(names) if n and first[n] == i and not (rule == "drop" and n in repeated)]
    result = values[:, kept].copy()
    if rule == "sum":
        place = {names[i]: position for position, i in enumerate(kept)}
        for index, name in enumerate(names):
            if name in repeated and first[name] != index:
                result[:, place[name]] += values[:, index]
    return tuple(names[kept]), result, findings


def _duplicate_findings(repeated: set[str], rule: Duplicates, source: str, species: Species) -> list[Finding]:
    if not repeated:
        return []
    done = {
        "drop": "all rows of such a name are left out, because nothing says which gene they are",
        "first": "the first row of such a name is kept and the others are left out",
        "sum": "the rows of such a name are added up",
    }[rule]
    names = sorted(repeated)
    told = [f"{n} ({w})" if (w := explain_mangled(n, species)) else n for n in names[:_SHOWN]]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    found = f"{len(names)} gene names on several rows: {', '.join(told)}{more}"
    return [Finding("duplicate-symbol", "warning", source, "", found, f"By the rule '{rule}', {done}.")]


def find_absent_mitochondrial(genes: Sequence[str], source: str, species: Species) -> list[Finding]:
    """Find out whether the genes that mitochondria themselves encode were counted."""
    wanted = load_markers("mitochondrial", species)
    absent = [gene for gene in wanted if gene not in set(genes)]
    if not absent:
        return []
    number = "none" if len(absent) == len(wanted) else f"{len(wanted) - len(absent)}"
    found = f"{number} of the {len(wanted)} protein genes of mitochondrial DNA ({absent[0]} is absent)"
    remedy = (
        "Oxidative phosphorylation is scored without them; a loss of mitochondrial DNA or of its expression "
        "cannot be seen. Count against a reference with the mitochondrial chromosome and keep its genes when "
        "filtering."
    )
    return [Finding("absent-mitochondrial-genes", "warning", source, "", found, remedy)]
