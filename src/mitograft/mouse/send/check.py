"""Main rules a SEND data set keeps; every violation is listed.

They are a part of what a validator asks, chosen because an export or an import goes wrong there. Passing
them says that the files hang together, not that they conform.

=================  =====================================================================================
rules              what is asked
=================  =====================================================================================
format             names of 8, labels of 40, text of 200 bytes at most; plain ASCII; text or number as due
model              domains and required variables are there, and are filled
identity           one STUDYID; DOMAIN is the file's; numbers (--SEQ) once for each subject
subjects           USUBJID in DM, POOLID in POOLDEF, one of the two
tests              --TESTCD and --TEST belong together one to one; results, units and status agree
time               ISO 8601; --DY is the day of --DTC from RFSTDTC, without a day 0
design             SETCD in TX, ARMCD in TA, ETCD in TE; supplements belong to a record
=================  =====================================================================================
"""

from collections.abc import Iterator, Mapping

from mitograft.errors import Violation
from mitograft.mouse.send.check_links import check_links
from mitograft.mouse.send.check_results import check_results
from mitograft.mouse.send.check_values import NOT_ASCII, check_values
from mitograft.mouse.send.domain import Domain

__all__ = ["NEEDED", "NOT_ASCII", "check_send"]

NEEDED = ("TS", "TA", "TE", "TX", "DM")
"""Domains without which the others mean nothing."""


def check_send(domains: Mapping[str, Domain]) -> list[Violation]:
    """Return every broken rule of a set of domains; ``row`` is the record, counted from 1.

    Parameters
    ----------
    domains
        By name, for example from ``make_send`` or ``read_domains``.
    """
    return [
        *_absent(domains),
        *(violation for domain in domains.values() for violation in check_values(domain)),
        *(violation for domain in domains.values() for violation in check_results(domain, domains.get("DM"))),
        *check_links(domains),
    ]


def _absent(domains: Mapping[str, Domain]) -> Iterator[Violation]:
    for name in NEEDED:
        if name not in domains:
            file = f"{name.lower()}.xpt"
            yield Violation("missing-domain", "no such file", f"the domain {name}", "Add it.", file)
