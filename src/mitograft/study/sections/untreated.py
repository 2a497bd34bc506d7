"""Blocks of the history section: what patients gain without any treatment."""

from collections.abc import Iterator

from mitograft.report.document import Paragraph, Table, TableColumn
from mitograft.tables.parameters import Parameters
from mitograft.trial.history import (
    ReturnToMean,
    UntreatedScore,
    load_admitted_measures,
    return_to_mean,
    simulate_untreated,
)

__all__ = ["untreated_blocks"]


def untreated_blocks(parameters: Parameters) -> Iterator[Paragraph | Table]:
    """Yield the words and tables on regression to the mean of the adult core set measures."""
    gains = [return_to_mean(measure) for measure in load_admitted_measures(parameters)]
    scores = simulate_untreated(parameters)
    eligible = scores[-1]
    yield Paragraph(
        "Patients enter a trial because they are ill that day, and most measure better the next time without "
        "any treatment (regression to the mean). The Total Improvement Score adds to it, because it counts "
        "improvement and never worsening. In a model without any treatment "
        f"{100 * eligible.reached[0]:.0f} % of patients who meet the entry rule of NCT04976140 reach "
        f"{eligible.thresholds[0]:g}. A comparison with placebo patients chosen the same way takes this out; "
        "a comparison with the patients' own baseline does not.",
        "warning",
    )
    yield _gains(gains)
    yield _scores(scores)
    flagged = [parameter.id for parameter in parameters.flagged()]
    yield Paragraph(
        "Means, standard deviations and correlations of the two tables are taken from published groups of "
        "patients where there are any; no test-retest study in myositis is known, and the correlations "
        "follow from the spread of change on placebo in NCT02728752. Assumed without a source that gives "
        f"them: {', '.join(flagged)}.",
        "note",
    )


def _gains(gains: list[ReturnToMean]) -> Table:
    return Table(
        "regression-to-mean",
        "What each measure gains without treatment",
        (
            TableColumn("measure", "Measure"),
            TableColumn("cutoff", "Entry", "", "right"),
            TableColumn("correlation", "Correlation", "of two visits", "decimal", 2),
            TableColumn("admitted", "Admitted", "% of patients", "decimal", 0),
            TableColumn("change", "Expected gain", "% of range", "decimal", 1),
            TableColumn("points_all", "Expected points", "nobody selected", "decimal", 1),
            TableColumn("points", "Expected points", "selected", "decimal", 1),
        ),
        tuple(
            (
                gain.measure.measure.label,
                _entry(gain),
                gain.measure.reliability,
                100 * gain.admitted,
                gain.percent,
                gain.points_all,
                gain.points,
            )
            for gain in gains
        ),
        note="Exact for normal distributions (of the logarithm for the enzyme); the ends of the scales are "
        "left out. “Nobody selected” is what chance alone scores.",
        collapsed=True,
    )


def _entry(gain: ReturnToMean) -> str:
    measure = gain.measure
    if measure.cutoff is None:
        return "none"
    return f"{'below' if measure.measure.up else 'from'} {measure.cutoff:g} {measure.measure.unit}"


def _scores(scores: tuple[UntreatedScore, ...]) -> Table:
    return Table(
        "untreated-scores",
        "Total Improvement Score of untreated patients",
        (
            TableColumn("admission", "Who is admitted"),
            TableColumn("admitted", "Admitted", "% of patients", "decimal", 0),
            TableColumn("mean", "Mean score", "points", "decimal", 1),
            *(
                TableColumn(f"reached_{threshold:g}", f"Reach {threshold:g}", "%", "decimal", 1)
                for threshold in scores[0].thresholds
            ),
        ),
        tuple(
            (one.admission, 100 * one.admitted, one.mean, *(100 * share for share in one.reached))
            for one in scores
        ),
        note=f"Simulated: {scores[0].patients} patients before admission, measured twice, nobody treated; "
        f"Monte Carlo error of a share below {100 * max(one.reached_error[0] for one in scores):.1f} "
        "percentage points.",
        collapsed=True,
    )
