"""Claims as executable tests: quantity, contrast, direction and margin, judged from Evidence.

The rule, with the evidence's interval ``[low, high]`` and the claim's margin ``m``:

=============  ======================  ==========================  =============
direction      supported               not supported               otherwise
=============  ======================  ==========================  =============
``higher``     ``low > m``             ``high <= m``               inconclusive
``lower``      ``high < m``            ``low >= m``                inconclusive
``restored``   ``-m < low, high < m``  ``low >= m or high <= -m``  inconclusive
=============  ======================  ==========================  =============

* An ``inclusive`` claim ("reaches at least m") counts the margin itself as reached.
* ``higher`` and ``lower`` are about a difference (0: no effect) or, with a margin, about the value itself.
  A ratio is given as its logarithm; rows in the units ``ratio`` or ``fold`` are refused.
* ``restored`` is an equivalence claim about the difference from the healthy reference: two one-sided tests,
  each at ``(1 - level) / 2`` (Schuirmann, J Pharmacokinet Biopharm 1987;15:657).
* Several rows match: all are shown. Real rows go before simulated ones, rows whose note begins with
  ``primary`` before others; among those left the least favourable one decides.
* Simulated evidence never gives a plain verdict: ``Judgement.label`` and the reason say "simulated".
* A claim may need a companion claim *beside* it (an improvement over baseline needs the comparison with
  placebo). Without evidence for the companion, or with simulated evidence beside real, the verdict is at
  most inconclusive.

"Not supported" says that the interval lies on the other side; it is evidence against the claim. No evidence
is "not tested", never "not supported".
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, cast, get_args

from mitograft.errors import UsageError
from mitograft.evidence import Evidence
from mitograft.tables.parameters import FLAGGED, load_rows

__all__ = ["Claim", "Direction", "Judgement", "Verdict", "judge", "judge_all", "load_claims"]

Direction = Literal["higher", "lower", "restored"]
Verdict = Literal["supported", "not supported", "inconclusive", "not tested"]

_FAVOUR: dict[Verdict, int] = {"not supported": 0, "inconclusive": 1, "supported": 2}
_RATIOS = frozenset({"ratio", "fold", "fold change"})


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of the study, put so that evidence can decide it.

    Parameters
    ----------
    id, statement
        Identifier and the claim in one sentence.
    quantity, contrast
        What evidence must be about; both must match.
    direction, margin, unit
        See the rule in the module. An empty unit accepts any.
    source
        Where the claim is made.
    inclusive
        Whether reaching the margin exactly fulfils the claim.
    arm, system
        Part of the study and what was studied.
    needs
        The file or result that would test the claim.
    status
        How far claim and margin are confirmed (source, derived, secondary, recall).
    note
        What a reader should know.
    beside
        The companion claim without which this one is not judged.
    """

    id: str
    statement: str
    quantity: str
    contrast: str
    direction: Direction
    margin: float
    unit: str
    source: str
    inclusive: bool = False
    arm: str = ""
    system: str = ""
    needs: str = ""
    status: str = "source"
    note: str = ""
    beside: "Claim | None" = None

    def __post_init__(self) -> None:
        if self.direction not in get_args(Direction):
            raise UsageError(
                f"Claim {self.id}: found direction {self.direction!r}; expected higher, lower or restored."
            )
        if not math.isfinite(self.margin) or (self.direction == "restored" and self.margin <= 0):
            raise UsageError(
                f"Claim {self.id}: found margin {self.margin!r}; expected a finite number, "
                "above 0 for a claim of restoration."
            )

    @property
    def flagged(self) -> bool:
        """Whether the claim or its margin is unconfirmed and must be marked beside its verdict."""
        return self.status in FLAGGED


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a claim, why, and the evidence it rests on.

    ``evidence`` holds every row that matched; ``deciding`` the one the verdict rests on. ``data_kind`` is the
    kind of the deciding row, empty where nothing was tested. ``companion`` is the judgement of the claim
    that must stand beside this one. ``numbers`` is the beginning of the reason that repeats the interval, for
    readers who see it shown beside.
    """

    claim: Claim
    verdict: Verdict
    reason: str
    evidence: tuple[Evidence, ...] = ()
    deciding: Evidence | None = None
    companion: "Judgement | None" = None
    numbers: str = ""

    @property
    def data_kind(self) -> str:
        """Kind of data the verdict rests on: measured, published, simulated or empty."""
        return "" if self.deciding is None else self.deciding.data_kind

    @property
    def label(self) -> str:
        """The verdict as shown to a reader; never plain where it rests on simulated data."""
        return f"{self.verdict} (simulated data)" if self.data_kind == "simulated" else self.verdict

    @property
    def beside(self) -> str:
        """What must be read beside the verdict; empty where the claim has no companion."""
        if self.companion is None:
            return ""
        return (
            f"{self.companion.claim.statement} {self.companion.label.capitalize()}: {self.companion.reason}"
        )


def load_claims() -> tuple[Claim, ...]:
    """Return the claims of the study, companions attached, in the order of the data file."""
    rows = load_rows("mitograft", "claims.csv")
    companions = {row["beside_of"]: _claim(row, None) for row in rows if row["beside_of"]}
    return tuple(_claim(row, companions.get(row["id"])) for row in rows if not row["beside_of"])


def judge(claim: Claim, evidence: Iterable[Evidence]) -> Judgement:
    """Judge one claim from all evidence at hand; rows about something else are ignored."""
    everything = tuple(evidence)
    rows = tuple(sorted((row for row in everything if _matches(claim, row)), key=_order))
    usable = [row for row in rows if not _obstacle(claim, row)]
    companion = None if claim.beside is None else judge(claim.beside, everything)
    if not usable:
        return Judgement(claim, "not tested", _untested(claim, rows), rows, None, companion)
    deciding = _deciding(claim, usable)
    verdict, reason = _verdict(claim, deciding), _reason(claim, deciding, len(usable))
    if companion is not None:
        verdict, reason = _beside(verdict, reason, deciding, companion)
    return Judgement(claim, verdict, reason, rows, deciding, companion, _numbers(deciding))


def judge_all(claims: Iterable[Claim], evidence: Iterable[Evidence]) -> tuple[Judgement, ...]:
    """Judge every claim from the same evidence."""
    rows = tuple(evidence)
    return tuple(judge(claim, rows) for claim in claims)


def _claim(row: dict[str, str], beside: Claim | None) -> Claim:
    return Claim(
        id=row["id"],
        statement=row["statement"],
        quantity=row["quantity"],
        contrast=row["contrast"],
        direction=cast("Direction", row["direction"]),  # checked by Claim
        margin=float(Fraction(row["margin"])),
        unit=row["unit"],
        source=row["source"],
        inclusive=row["inclusive"] == "yes",
        arm=row["arm"],
        system=row["system"],
        needs=row["needs"],
        status=row["status"],
        note=row["note"],
        beside=beside,
    )


def _words(text: str) -> str:
    return " ".join(text.split()).casefold()


def _matches(claim: Claim, row: Evidence) -> bool:
    return _words(row.quantity) == _words(claim.quantity) and _words(row.contrast) == _words(claim.contrast)


def _obstacle(claim: Claim, row: Evidence) -> str:
    """Say why a matching row cannot decide the claim; empty where it can."""
    if row.unit in _RATIOS:
        return f"a row in the unit {row.unit!r} cannot be compared with the margin; give the log ratio"
    if claim.unit and row.unit != claim.unit:
        return f"a row is in {row.unit or 'no unit'!r}, the margin in {claim.unit!r}"
    if math.isnan(row.low) or math.isnan(row.high) or row.low > row.high:
        return "a row has no interval"
    return ""


def _untested(claim: Claim, rows: tuple[Evidence, ...]) -> str:
    needs = f" It would be tested by {claim.needs}." if claim.needs else ""
    if rows:
        obstacles = sorted({_obstacle(claim, row) for row in rows})
        return f"Evidence was found but cannot be used: {'; '.join(obstacles)}.{needs}"
    return f"No evidence on {claim.quantity} ({claim.contrast}).{needs}"


def _signed(claim: Claim, row: Evidence) -> tuple[float, float]:
    """Return the interval as distance beyond the margin in the claimed direction."""
    if claim.direction == "higher":
        return row.low - claim.margin, row.high - claim.margin
    if claim.direction == "lower":
        return claim.margin - row.high, claim.margin - row.low
    largest = max(row.high, -row.low)  # furthest from the reference that the interval allows
    smallest = max(row.low, -row.high, 0.0)
    return claim.margin - largest, claim.margin - smallest


def _verdict(claim: Claim, row: Evidence) -> Verdict:
    low, high = _signed(claim, row)
    if low > 0 or (claim.inclusive and low == 0):
        return "supported"
    if high < 0 or (high == 0 and not claim.inclusive):
        return "not supported"
    return "inconclusive"


def _deciding(claim: Claim, rows: list[Evidence]) -> Evidence:
    real = [row for row in rows if row.data_kind != "simulated"] or rows
    named = [row for row in real if row.note.casefold().startswith("primary")] or real
    return min(named, key=lambda row: (_FAVOUR[_verdict(claim, row)], _signed(claim, row), _order(row)))


def _order(row: Evidence) -> tuple[str, ...]:
    """Order rows by content, so that the order in which they arrive never matters."""
    texts = (row.note, row.source, row.method, row.unit, row.data_kind)
    return texts + tuple(repr(x) for x in (row.estimate, row.low, row.high, row.level, row.n))


def _reason(claim: Claim, row: Evidence, count: int) -> str:
    text = f"{_numbers(row)}n = {row.n}, {row.method}; the claim asks for {_asked(claim)}."
    if count > 1:
        text += f" The least favourable of {count} results decides, unless one is named primary."
    if row.data_kind == "simulated":
        return f"In simulated data only, which tests the analysis and not the treatment: {text}"
    return text


def _numbers(row: Evidence) -> str:
    unit = f" {row.unit}" if row.unit not in ("", "1") else ""
    return f"{row.estimate:.3g}{unit} ({100 * row.level:g} % interval {row.low:.3g} to {row.high:.3g}), "


def _asked(claim: Claim) -> str:
    unit = f" {claim.unit}" if claim.unit not in ("", "1") else ""
    if claim.direction == "restored":
        return f"a difference from the reference within {claim.margin:g}{unit} either way"
    if claim.inclusive:
        return f"at {'least' if claim.direction == 'higher' else 'most'} {claim.margin:g}{unit}"
    return f"{'more' if claim.direction == 'higher' else 'less'} than {claim.margin:g}{unit}"


def _beside(verdict: Verdict, reason: str, deciding: Evidence, companion: Judgement) -> tuple[Verdict, str]:
    """Hold the verdict back where what must stand beside it is missing or less real."""
    missing = companion.verdict == "not tested"
    less_real = companion.data_kind == "simulated" and deciding.data_kind != "simulated"
    if missing or less_real:
        why = "is only simulated" if less_real else "has no evidence"
        held: Verdict = "inconclusive" if verdict == "supported" else verdict
        return held, f"{reason} Not judged by itself: what must stand beside it {why} ({companion.claim.id})."
    return verdict, f"{reason} To be read beside {companion.claim.id}: {companion.label}."
