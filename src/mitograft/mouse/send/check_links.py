"""What records of one domain must find in another: subjects, pools, sets, arms, elements, numbers."""

from collections.abc import Iterator, Mapping

from mitograft.errors import Violation, describe_cell
from mitograft.mouse.send.check_values import fault
from mitograft.mouse.send.domain import SUPPLEMENT, Domain, domain_kind, iso_date

__all__ = ["check_links"]

_LENGTHS = {"SETCD": 8, "ARMCD": 20, "ETCD": 8, "TSPARMCD": 8, "TXPARMCD": 8, "QNAM": 8}
_LINKS = (("DM", "SETCD", "TX"), ("DM", "ARMCD", "TA"), ("TA", "ETCD", "TE"))


def check_links(domains: Mapping[str, Domain]) -> Iterator[Violation]:
    """Yield every record that does not find what it names, and every number or subject there twice."""
    yield from _check_identity(domains)
    subjects, pools = _values(domains, "DM", "USUBJID"), _values(domains, "POOLDEF", "POOLID")
    for domain in domains.values():
        yield from _check_lengths(domain)
        yield from _check_numbers(domain)
        yield from _check_subjects(domain, subjects, pools)
        if domain.name.startswith(SUPPLEMENT):
            yield from _check_supplement(domain, domains)
    for name, column, target in _LINKS:
        yield from _check_link(domains, name, column, target)
    if "DM" in domains:
        yield from _check_demographics(domains["DM"])


def _values(domains: Mapping[str, Domain], name: str, column: str) -> set[str]:
    domain = domains.get(name)
    return {domain.text(column, i) for i in range(len(domain))} - {""} if domain is not None else set()


def _check_identity(domains: Mapping[str, Domain]) -> Iterator[Violation]:
    studies = {domain.text("STUDYID", i): domain for domain in domains.values() for i in range(len(domain))}
    if len(studies) > 1:
        found = f"{len(studies)} different values of STUDYID"
        words = found, "one study in a folder", "Keep the files of one study."
        yield fault(list(studies.values())[-1], "several-studies", words, column="STUDYID")
    for domain in domains.values():
        column = "DOMAIN" if domain.prefix else "RDOMAIN"
        due = domain.name if domain.prefix else domain.name.removeprefix(SUPPLEMENT)
        for index in range(len(domain)) if column in domain.columns and due != "RELREC" else ():
            if domain.text(column, index) != due:
                words = describe_cell(domain.text(column, index)), due, "Correct it, or rename the file."
                yield fault(domain, "other-domain", words, index, column)


def _check_lengths(domain: Domain) -> Iterator[Violation]:
    for column in [name for name in _LENGTHS if name in domain.columns]:
        for index in range(len(domain)):
            size = len(domain.text(column, index))
            if size > _LENGTHS[column]:
                words = f"a code of {size} characters", f"at most {_LENGTHS[column]}", "Shorten the code."
                yield fault(domain, "code-length", words, index, column)


def _check_numbers(domain: Domain) -> Iterator[Violation]:
    column = f"{domain.prefix}SEQ"
    within = {"TS": "TSPARMCD", "TX": "SETCD", "CO": ""}.get(domain.name, "USUBJID")
    if not domain.prefix or column not in domain.columns:
        return
    seen: dict[tuple[str, str, float], int] = {}
    for index in range(len(domain)):
        number = domain.number(column, index)
        pool = domain.text("POOLID", index) if within == "USUBJID" else ""
        key = domain.text(within, index) if within else "", pool, number
        if not number >= 1 or not float(number).is_integer():
            words = describe_cell(domain.text(column, index)), "a whole number from 1", "Number the records."
            yield fault(domain, "sequence", words, index, column)
        elif key in seen:
            words = f"the number of record {seen[key] + 1}", "each number once", "Number the records anew."
            yield fault(domain, "sequence", words, index, column)
        seen.setdefault(key, index)


def _check_subjects(domain: Domain, subjects: set[str], pools: set[str]) -> Iterator[Violation]:
    measured = domain_kind(domain.name) in {"findings", "events", ""} and bool(domain.prefix)
    for index in range(len(domain)) if domain.name != "DM" else ():
        subject, pool = domain.text("USUBJID", index), domain.text("POOLID", index)
        if measured and bool(subject) == bool(pool):
            found = "both a subject and a pool" if subject else "neither a subject nor a pool"
            words = found, "one of USUBJID and POOLID", "Fill in one of the two."
            yield fault(domain, "subject-or-pool", words, index, "USUBJID")
        if subject and subject not in subjects:
            words = "a subject that is not in DM", "a USUBJID of DM", "Correct it, or add the subject to DM."
            yield fault(domain, "not-in-dm", words, index, "USUBJID")
        if pool and pool not in pools:
            words = "a pool that is not in POOLDEF", "a POOLID of POOLDEF", "Say which subjects it holds."
            yield fault(domain, "not-in-pooldef", words, index, "POOLID")


def _check_supplement(domain: Domain, domains: Mapping[str, Domain]) -> Iterator[Violation]:
    parent = domains.get(domain.name.removeprefix(SUPPLEMENT))
    known: dict[str, set[tuple[str, str, str]]] = {}
    for index in range(len(domain)):
        variable = domain.text("IDVAR", index)
        if parent is not None and variable not in known:
            known[variable] = {
                (parent.text("USUBJID", i), parent.text("POOLID", i), parent.text(variable, i))
                for i in range(len(parent))
            }
        wanted = domain.text("USUBJID", index), domain.text("POOLID", index), domain.text("IDVARVAL", index)
        if wanted not in known.get(variable, set()):
            words = "a record that is not there", f"one of {domain.name[4:]}", "Correct IDVAR or IDVARVAL."
            yield fault(domain, "no-such-record", words, index, "IDVARVAL")


def _check_link(domains: Mapping[str, Domain], name: str, column: str, target: str) -> Iterator[Violation]:
    domain = domains.get(name)
    if domain is None or target not in domains or column not in domain.columns:
        return
    known = _values(domains, target, column)
    for index in range(len(domain)):
        value = domain.text(column, index)
        if value and value not in known:
            words = describe_cell(value), f"a {column} of {target}", f"Correct it, or add it to {target}."
            yield fault(domain, f"not-in-{target.lower()}", words, index, column)


def _check_demographics(domain: Domain) -> Iterator[Violation]:
    first: dict[str, int] = {}
    for index in range(len(domain)):
        subject = domain.text("USUBJID", index)
        if subject and first.setdefault(subject, index) != index:
            words = f"the subject of record {first[subject] + 1}", "each subject once", "Keep one record."
            yield fault(domain, "duplicate-subject", words, index, "USUBJID")
        dates = [iso_date(domain.text(name, index)) for name in ("BRTHDTC", "RFSTDTC", "RFENDTC")]
        known = [day for day in dates if day is not None]
        if known != sorted(known):
            words = "dates out of order", "birth, start, end", "Correct one of the dates."
            yield fault(domain, "dates-out-of-order", words, index, "RFSTDTC")
