"""Section: efficacy by estimands, the primary analysis first, with a picture of each measure."""

import math
from collections.abc import Iterator

from mitograft.evidence import DataKind
from mitograft.report.document import Block, Figure, Paragraph, Section
from mitograft.report.figures.intervals import Interval, draw_intervals
from mitograft.study.sections.trial_tables import result_table
from mitograft.trial.efficacy import Analysed, Efficacy, Estimate

__all__ = ["efficacy_section"]

_WORDS = {
    "1": "share",
    "points": "points",
    "days": "days",
    "log odds": "log odds",
    "log hazard": "log hazard",
}


def efficacy_section(efficacy: Efficacy, data_kind: DataKind) -> Section:
    """Show every estimand with its estimates, and the intercurrent events."""
    if efficacy.controlled:
        text = (
            "Each arm is compared with placebo. With a dozen patients an arm, intervals marked approximate "
            "may hold less than their level; the exact p values beside them do not."
        )
    else:
        text = (
            "There is no control arm: these numbers describe what was seen and are no effect of the "
            "treatment. The reading against historical placebo stands in its own section."
        )
    blocks: list[Block] = [Paragraph(text, "note" if efficacy.controlled else "warning")]
    if any(one.estimand.assumed for one in efficacy.analysed):
        blocks.append(
            Paragraph("No estimand is declared in study.toml; the default ones are assumed.", "warning")
        )
    tables = {table.id: table for table in efficacy.tables}
    for one in efficacy.analysed:
        blocks += list(_figure(one, efficacy, data_kind))
        blocks.append(result_table(tables[f"estimand-{one.estimand.id}"], collapsed=len(one.estimates) > 16))
    blocks.append(result_table(tables["intercurrent-events"], collapsed=True))
    return Section("efficacy", "Efficacy by estimand", _lead(efficacy), tuple(blocks))


def _lead(efficacy: Efficacy) -> str:
    """Say the primary results in one sentence each."""
    sentences = []
    for one in efficacy.analysed:
        said = "; ".join(_words(row) for row in _shown(one))
        if said:
            sentences.append(f"{_capital(one.estimand.title)}: {said}.")
    return " ".join(sentences[:2]) or "Nothing could be estimated."


def _words(row: Estimate) -> str:
    number = f"{row.estimate:.3g}" + (f" {row.unit}" if row.unit != "1" else "")
    if math.isnan(row.estimate):
        return f"{row.contrast} no estimate ({row.note})"
    text = f"{row.contrast} {number} ({row.low:.3g} to {row.high:.3g}"
    return text + (f", p {row.p:.2g})" if not math.isnan(row.p) else ")")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _shown(one: Analysed) -> list[Estimate]:
    """Return the primary estimates of the first measure: categories have one for each threshold."""
    primary = [row for row in one.estimates if row.primary]
    return [row for row in primary if row.analysis == primary[0].analysis]


def _figure(one: Analysed, efficacy: Efficacy, data_kind: DataKind) -> Iterator[Figure]:
    rows = [row for row in _shown(one) if not math.isnan(row.estimate)]
    if not rows:
        return
    unit = _WORDS.get(rows[0].unit, rows[0].unit)
    what = rows[0].analysis
    reference = (0.5 if what == "probabilistic index" else 0.0) if efficacy.controlled else None
    listed = "; ".join(_words(row) for row in rows)
    yield Figure(
        f"estimand-{one.estimand.id}",
        _capital(one.estimand.title),
        f"{_capital(what)}, {100 * rows[0].level:g} % intervals. {one.estimand.description}",
        f"Estimates with intervals: {listed}.",
        draw_intervals(
            [Interval(row.contrast, row.estimate, row.low, row.high) for row in rows],
            unit=f"{what} ({unit})" if unit != "share" else what, reference=reference,
            decimals=1 if unit in ("points", "days") else 2,
            reference_label="no difference" if efficacy.controlled else "", data_kind=data_kind,
        ),
    )  # fmt: skip
