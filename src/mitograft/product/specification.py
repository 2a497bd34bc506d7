"""Release: every attribute of a lot against its limit, and the lot as a whole.

An attribute without a result is *not tested*; nothing stands in for it. Respiration and ATP synthesis are
two potency assays: freezing rat liver mitochondria lowered substrate-linked oxygen use and left the ATP
synthesis read-out unharmed (https://moh-it.pure.elsevier.com/en/publications/the-bioenergetics-of-
mitochondria-after-cryopreservation), so a lot with only one of them is not tested for the other.

The one value that is computed from others is the respiratory control ratio, state 3 over state 4 of the same
lot: that is its definition, within one assay.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mitograft.product.attributes import load_attributes, load_product_parameters
from mitograft.product.read import Limit, LotResult
from mitograft.tables.contract import Cell
from mitograft.tables.parameters import Parameters

__all__ = [
    "AttributeVerdict",
    "LotVerdict",
    "Summary",
    "Verdict",
    "certificate",
    "describe_limit",
    "judge_lot",
    "judge_lots",
    "summarise",
]

Verdict = Literal["pass", "fail", "not tested"]

RATIO = "respiratory_control_ratio"
_STATES = ("respiration_state3", "respiration_state4")


@dataclass(frozen=True, slots=True)
class Summary:
    """The results of one attribute of one lot: reported value (mean), spread, replicates, words."""

    attribute: str
    mean: float
    sd: float
    values: tuple[float, ...]
    bounds: tuple[str, ...]
    texts: tuple[str, ...]
    unit: str
    method: str
    note: str = ""

    @property
    def n(self) -> int:
        """Number of replicates."""
        return len(self.texts)

    @property
    def shown(self) -> str:
        """The result as it is written on a certificate."""
        if any(self.bounds):
            return "; ".join(
                f"{bound}{value:g}" for bound, value in zip(self.bounds, self.values, strict=True)
            )
        return f"{self.mean:.4g}" if not math.isnan(self.mean) else "; ".join(dict.fromkeys(self.texts))


@dataclass(frozen=True, slots=True)
class AttributeVerdict:
    """What became of one line of the specification for one lot; ``reason`` is one sentence."""

    lot: str
    limit: Limit
    verdict: Verdict
    reason: str
    result: Summary | None


@dataclass(frozen=True, slots=True)
class LotVerdict:
    """What became of a lot.

    ``fail`` where a mandatory attribute fails, else ``not tested`` where a mandatory attribute has no usable
    result, else ``pass``. ``unlimited`` names attributes with results but without a limit at this stage.
    """

    lot: str
    stage: str
    verdict: Verdict
    reason: str
    attributes: tuple[AttributeVerdict, ...]
    unlimited: tuple[str, ...]
    notes: tuple[str, ...]


def summarise(results: Sequence[LotResult], lot: str) -> dict[str, Summary]:
    """Return the reported value of every attribute of a lot: the mean of its replicates, or its words."""
    own: dict[str, list[LotResult]] = {}
    for result in results:
        if result.lot == lot:
            own.setdefault(result.attribute, []).append(result)
    summaries = {name: _summary(name, rows) for name, rows in own.items()}
    if RATIO not in summaries and all(name in summaries for name in _STATES):
        derived = _control_ratio(*(summaries[name] for name in _STATES))
        if derived is not None:
            summaries[RATIO] = derived
    return summaries


def judge_lot(
    results: Sequence[LotResult],
    specification: Sequence[Limit],
    lot: str,
    *,
    stage: str = "release",
    parameters: Parameters | None = None,
) -> LotVerdict:
    """Judge one lot against the lines of a specification that hold at ``stage``.

    Parameters: None takes ``load_product_parameters()``.
    """
    summaries = summarise(results, lot)
    limits = [limit for limit in specification if limit.stage == stage]
    judged = tuple(_judge(lot, limit, summaries.get(limit.attribute)) for limit in limits)
    verdict, reason = _overall(judged)
    limited = {limit.attribute for limit in limits}
    return LotVerdict(
        lot=lot,
        stage=stage,
        verdict=verdict,
        reason=reason,
        attributes=judged,
        unlimited=tuple(name for name in summaries if name not in limited),
        notes=tuple(_ratio_notes(lot, summaries, parameters or load_product_parameters())),
    )


def judge_lots(
    results: Sequence[LotResult],
    specification: Sequence[Limit],
    *,
    stage: str = "release",
    parameters: Parameters | None = None,
) -> tuple[LotVerdict, ...]:
    """Judge every lot, in the order of the table."""
    lots = dict.fromkeys(result.lot for result in results)
    return tuple(judge_lot(results, specification, lot, stage=stage, parameters=parameters) for lot in lots)


def certificate(verdicts: Sequence[LotVerdict]) -> dict[str, list[Cell]]:
    """Return the verdicts as columns, one row a lot and attribute, as a certificate of analysis has them."""
    cards = load_attributes()
    rows: list[tuple[Cell, ...]] = []
    for lot in verdicts:
        for row in lot.attributes:
            limit, result = row.limit, row.result
            rows.append(
                (
                    lot.lot,
                    lot.stage,
                    cards[limit.attribute].label,
                    limit.attribute,
                    result.shown if result else "",
                    limit.unit,
                    result.n if result else 0,
                    describe_limit(limit),
                    "yes" if limit.mandatory else "no",
                    row.verdict,
                    row.reason,
                    result.method if result else "",
                    limit.source,
                )
            )
    names = (
        *("lot", "stage", "label", "attribute", "result", "unit", "n", "limit", "mandatory"),
        *("verdict", "reason", "method", "source"),
    )
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}


def describe_limit(limit: Limit) -> str:
    """Write a limit for readers.

    >>> from mitograft.product.read import load_example_specification
    >>> [describe_limit(limit) for limit in load_example_specification()[:3]]
    ['at least 1e+09', '100 to 1200', '0.5 to 2']
    """
    if limit.expected:
        return " or ".join(limit.expected)
    if math.isnan(limit.high):
        return f"at least {limit.low:g}"
    if math.isnan(limit.low):
        return f"at most {limit.high:g}"
    return f"{limit.low:g} to {limit.high:g}"


def _summary(name: str, rows: Sequence[LotResult]) -> Summary:
    values = tuple(row.value for row in rows if not math.isnan(row.value))
    bounds = tuple(row.bound for row in rows if not math.isnan(row.value))
    usable = values and not any(bounds)
    return Summary(
        attribute=name,
        mean=float(np.mean(values)) if usable else math.nan,
        sd=float(np.std(values, ddof=1)) if usable and len(values) > 1 else math.nan,
        values=values,
        bounds=bounds,
        texts=tuple(row.text for row in rows),
        unit=rows[0].unit,
        method="; ".join(dict.fromkeys(row.method for row in rows if row.method)),
    )


def _control_ratio(state3: Summary, state4: Summary) -> Summary | None:
    if math.isnan(state3.mean) or math.isnan(state4.mean) or state4.mean <= 0:
        return None
    ratio = state3.mean / state4.mean
    return Summary(
        attribute=RATIO,
        mean=ratio,
        sd=math.nan,
        values=(ratio,),
        bounds=("",),
        texts=("",),
        unit="1",
        method="state 3 over state 4",
        note="computed from state 3 and state 4 of the same lot",
    )


def _ratio_notes(lot: str, summaries: dict[str, Summary], parameters: Parameters) -> list[str]:
    ratio = summaries.get(RATIO)
    if ratio is None or not all(name in summaries for name in _STATES):
        return []
    derived = _control_ratio(*(summaries[name] for name in _STATES))
    tolerance = parameters["control_ratio_tolerance"].number
    if derived is None or math.isnan(ratio.mean) or abs(ratio.mean / derived.mean - 1) <= tolerance:
        return []
    return [
        f"Lot {lot}: the reported respiratory control ratio {ratio.mean:.3g} differs from state 3 over "
        f"state 4, {derived.mean:.3g}; the reported one was judged. Check which of the three is wrong."
    ]


def _judge(lot: str, limit: Limit, result: Summary | None) -> AttributeVerdict:
    verdict: Verdict
    if result is None:
        verdict, reason = "not tested", _absent(limit)
    elif limit.expected:
        verdict, reason = _judge_words(limit, result)
    elif limit.rule == "every" or any(result.bounds):
        verdict, reason = _judge_every(limit, result)
    else:
        inside = _inside(limit, result.mean)
        words = "meets" if inside else "does not meet"
        name = f"mean of {result.n} results" if result.n > 1 else "result"
        reason = f"The {name}, {result.mean:.4g}, {words} {describe_limit(limit)}."
        verdict = "pass" if inside else "fail"
    if result is not None and result.note:
        reason = f"{reason} The value was {result.note}."
    return AttributeVerdict(lot, limit, verdict, reason, result)


def _absent(limit: Limit) -> str:
    card = load_attributes()[limit.attribute]
    if card.role.startswith("potency"):
        return f"No result for {card.label}; another potency assay does not stand in for it."
    return f"No result for {card.label}."


def _judge_words(limit: Limit, result: Summary) -> tuple[Verdict, str]:
    accepted = {word.casefold() for word in limit.expected}
    wrong = [text for text in result.texts if text.strip().casefold() not in accepted]
    if wrong:
        return "fail", f"{len(wrong)} of {result.n} results are not '{describe_limit(limit)}'."
    count = f"All {result.n} results are" if result.n > 1 else "The result is"
    return "pass", f"{count} '{describe_limit(limit)}'."


def _judge_every(limit: Limit, result: Summary) -> tuple[Verdict, str]:
    """Judge each replicate; a result known only by a limit passes or fails only where that settles it."""
    judged = [_inside_bound(limit, v, b) for v, b in zip(result.values, result.bounds, strict=True)]
    if False in judged:
        return "fail", f"{judged.count(False)} of {len(judged)} results do not meet {describe_limit(limit)}."
    if None in judged:
        return "not tested", (
            f"The result {result.shown} does not settle {describe_limit(limit)}; "
            "a method with a lower limit of quantification is needed."
        )
    count = f"All {len(judged)} results meet" if len(judged) > 1 else "The result meets"
    return "pass", f"{count} {describe_limit(limit)}."


def _inside(limit: Limit, value: float) -> bool:
    return not (value < limit.low or value > limit.high)  # an open side is NaN and refuses nothing


def _inside_bound(limit: Limit, value: float, bound: str) -> bool | None:
    if not bound:
        return _inside(limit, value)
    below = bound == "<"
    near, far = (limit.high, limit.low) if below else (limit.low, limit.high)
    # Beyond the far limit already: the true value lies further out still.
    if (below and value <= far) or (not below and value >= far):
        return False
    settled = math.isnan(far) and (math.isnan(near) or (value <= near if below else value >= near))
    return True if settled else None


def _overall(judged: Sequence[AttributeVerdict]) -> tuple[Verdict, str]:
    mandatory = [row for row in judged if row.limit.mandatory]
    if not mandatory:
        return "not tested", "The specification has no mandatory attribute at this stage."
    for verdict in ("fail", "not tested"):
        names = [row.limit.attribute for row in mandatory if row.verdict == verdict]
        if names:
            words = "Failed" if verdict == "fail" else "Not tested"
            return ("fail" if verdict == "fail" else "not tested"), f"{words}: {', '.join(names)}."
    return "pass", f"All {len(mandatory)} mandatory attributes pass."
