"""What a trial bears on the claims: severe reactions and the score of all who were given the product."""

from typing import TYPE_CHECKING

from mitograft.evidence import DataKind, Evidence
from mitograft.statistics.median import median_interval
from mitograft.statistics.proportions import clopper_pearson
from mitograft.trial.adam import Adam
from mitograft.trial.efficacy import Efficacy
from mitograft.trial.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

__all__ = ["SCORE", "SEVERE", "SEVERE_GRADE", "trial_evidence"]

SEVERE = "severe adverse drug reactions"
SCORE = "IMACS-TIS"
SEVERE_GRADE = 3.0
_LEVEL = 0.95


def trial_evidence(
    adam: Adam, protocol: Protocol, source: str, kind: DataKind, efficacy: Efficacy | None
) -> tuple[Evidence, ...]:
    """Return what the claims ask about, and every estimate of the efficacy analysis.

    A severe adverse drug reaction is a treatment-emergent event of grade 3 or higher (severe, where no grade
    was given) that is related to treatment. The score of the treated is that of the first estimand of a
    score; subjects without one are counted in the note, not imputed. Subjects given placebo are left out of
    both.
    """
    treated = _treated(adam, protocol)
    if not len(treated):
        return ()
    score = _score(efficacy, protocol, source, kind) if efficacy else None
    claimed = tuple(row for row in (_severe(adam, treated, source, kind), score) if row)
    return claimed + (efficacy.evidence if efficacy else ())


def _treated(adam: Adam, protocol: Protocol) -> "pl.Series":
    import polars as pl

    placebo = [arm.name for arm in protocol.arms if arm.placebo]
    frame = adam.datasets["ADSL"].frame
    return frame.filter(pl.col("SAFFL") == "Y", ~pl.col("TRT01A").is_in(placebo))["USUBJID"]


def _severe(adam: Adam, treated: "pl.Series", source: str, kind: DataKind) -> Evidence:
    """Count subjects sure and possible: a related event without grade and severity may have been severe."""
    import polars as pl

    events = adam.datasets["ADAE"].frame.filter(
        pl.col("USUBJID").is_in(treated.implode()), pl.col("TRTEMFL") == "Y", pl.col("AREL") == "RELATED"
    )
    grade, word = pl.col("ATOXGRN"), pl.col("AESEV").str.to_uppercase()
    bad = pl.when(grade.is_not_null()).then(grade >= SEVERE_GRADE).otherwise(word == "SEVERE")
    sure = events.filter(bad)["USUBJID"].n_unique()
    possible = events.filter(bad.fill_null(value=True))["USUBJID"].n_unique()
    n = len(treated)
    note = f"{sure} of {n} subjects with a related event of grade {SEVERE_GRADE:g} or more after dosing."
    if possible > sure:
        note += f" {possible - sure} more have a related event without grade or severity."
    return Evidence(
        quantity=SEVERE, contrast="single arm", estimate=sure / n,
        low=float(clopper_pearson(sure, n, level=_LEVEL)[0]),
        high=float(clopper_pearson(possible, n, level=_LEVEL)[1]), level=_LEVEL, unit="1", n=n,
        method="Clopper-Pearson", source=f"{source}, ADAE", data_kind=kind, note=note,
    )  # fmt: skip


def _score(efficacy: Efficacy, protocol: Protocol, source: str, kind: DataKind) -> Evidence | None:
    """Describe the score of all who were given the product, under the first estimand of a score."""
    placebo = {arm.name for arm in protocol.arms if arm.placebo}
    for one in efficacy.analysed:
        outcomes = one.outcomes
        if one.estimand.variable != "TIS":
            continue
        given = [i for i, arm in enumerate(outcomes.arms) if arm not in placebo]
        found = median_interval(outcomes.at_visit[given], level=_LEVEL)
        if found.n == 0:
            return None
        note = f"At {one.estimand.visit}; {len(given) - found.n} of {len(given)} treated subjects without a "
        return Evidence(
            quantity=SCORE, contrast="after PN-101 vs own baseline", estimate=found.median,
            low=max(found.low, 0.0), high=min(found.high, 100.0), level=_LEVEL, unit="points", n=found.n,
            method=f"median, interval between order statistics; estimand {one.estimand.id}",
            source=f"{source}, ADTIS", data_kind=kind,
            note=f"{note}score. Estimand: {one.estimand.description}",
        )  # fmt: skip
    return None
