"""Section: the claims judged so far."""

from collections import Counter
from collections.abc import Sequence

from mitograft.claims import Judgement
from mitograft.report.document import ClaimRow, Section, Verdicts

__all__ = ["claims_section"]

_NOTE = (
    "A claim is supported when the whole interval lies beyond its margin, not supported when the whole "
    "interval lies on the other side, inconclusive when it straddles the margin, and not tested when the "
    "study folder holds no file that bears on it."
)


def claims_section(judgements: Sequence[Judgement], study_ids: Sequence[str]) -> Section:
    """Show the study's own claims first, then those of the reference study, tested ones first."""
    counts = Counter(judgement.verdict for judgement in judgements)
    words = [f"{count} {verdict}" for verdict, count in counts.items()]
    own = [j for j in judgements if j.claim.id not in study_ids]
    shipped = [j for j in judgements if j.claim.id in study_ids]
    shipped.sort(key=lambda j: j.verdict == "not tested")
    blocks = [
        Verdicts(name, caption, tuple(map(_row, rows)), _NOTE if name == first else "", _untested(rows))
        for name, caption, rows, first in (
            ("claims-own", "Claims of this study", own, "claims-own" if own else "claims-reference"),
            (
                "claims-reference",
                "Claims of the PN-101 study",
                shipped,
                "claims-own" if own else "claims-reference",
            ),
        )
        if rows
    ]
    lead = (
        f"{len(judgements)} claims: {', '.join(words)}." if judgements else "No claims were named to judge."
    )
    return Section("claims", "Claims", lead, tuple(blocks))


def _untested(rows: Sequence[Judgement]) -> bool:
    """Tell whether nothing was tested: such a table is opened by the reader who wants it."""
    return all(judgement.verdict == "not tested" for judgement in rows)


def _row(judgement: Judgement) -> ClaimRow:
    claim, deciding = judgement.claim, judgement.deciding
    shown = (
        {}
        if deciding is None
        else {"estimate": deciding.estimate, "low": deciding.low, "high": deciding.high}
    )
    unit = deciding.unit if deciding is not None and deciding.unit != "1" else ""
    return ClaimRow(
        id=claim.id,
        statement=claim.statement,
        verdict=judgement.verdict,
        reason=judgement.reason.removeprefix(judgement.numbers),
        unit=unit,
        decimals=2,
        beside=judgement.beside,
        flag=f"Margin or claim not confirmed: {claim.note}" if claim.flagged else "",
        source=claim.source,
        data_kind=None if deciding is None else deciding.data_kind,
        **shown,
    )
