"""Section: a single-arm result read against historical placebo."""

from mitograft.evidence import DataKind
from mitograft.report.document import Figure, Paragraph, Section, Table, TableColumn
from mitograft.report.figures import Curve, draw_history
from mitograft.report.numbers import format_interval
from mitograft.trial.history import HistoryReading, SingleArmReading

__all__ = ["history_section"]


def history_section(reading: SingleArmReading, observed: int | None, data_kind: DataKind) -> Section:
    """Show, for every number of responders, what it says beside historical placebo."""
    convincing = reading.full.smallest
    needed = ", ".join(
        f"{k} of {reading.n} reach a posterior probability of {level:g}" if k is not None
        else f"no result of {reading.n} patients reaches {level:g}"
        for level, k in convincing.items()
    )  # fmt: skip
    rate = float(reading.full.placebo.mean)
    lead = (
        f"About {100 * rate:.0f} % of placebo patients reached a Total Improvement Score of "
        f"{reading.threshold} "
        f"in past trials, so that much of a single-arm response can be expected without the drug: {needed}."
    )
    if observed is not None:
        lead += (
            f" Seen: {observed} of {reading.n} (patients left open by missing measures count as "
            "non-responders), "
            f"a posterior probability of {float(reading.full.probability[observed]):.2f}."
        )
    blocks = (
        Paragraph(
            "A trial without a control arm shows how many patients improved, not how many improved "
            "because of "
            "the treatment. Compared only with their own baseline, a single responder already looks like "
            "success; that naive reading is drawn for contrast and must not be used.",
            "warning",
        ),
        _figure(reading, observed, data_kind),
        _table(reading),
        _arms(reading),
        Paragraph(
            "No data here can test whether the historical patients resemble those of the trial in diagnosis, "
            "activity, steroid rules, visit week and responder definition. The discounted reading lets a "
            "historical patient count "
            f"{reading.discounted.weight:g} of a new one; it widens the answer and does not make the "
            "comparison "
            "a randomised one.",
            "note",
        ),
    )
    return Section("history", f"A single arm of {reading.n} against historical placebo", lead, blocks)


def _figure(reading: SingleArmReading, observed: int | None, data_kind: DataKind) -> Figure:
    curves = [
        Curve("history counted in full", tuple(reading.full.probability.tolist())),
        Curve(
            f"history discounted to {reading.discounted.weight:g}",
            tuple(reading.discounted.probability.tolist()),
        ),
        Curve("naive: against own baseline only", tuple(reading.naive.tolist())),
    ]
    full = reading.full.probability
    points = ", ".join(f"{k}: {full[k]:.2f}" for k in range(reading.n + 1))
    return Figure(
        "history-figure",
        "How sure is it that the treated rate exceeds placebo?",
        f"Posterior probability for each number of responders (Total Improvement Score of at least "
        f"{reading.threshold}) among {reading.n} patients. Filled markers reach 0.95. The naive curve "
        "asks only "
        "whether anybody improves.",
        f"Three curves over 0 to {reading.n} responders. With the history counted in full the "
        "probabilities are "
        f"{points}. The discounted curve is nearer to one half; the naive curve is close to 1 from "
        "one responder.",
        draw_history(
            curves,
            line=0.95,
            placebo_rate=float(reading.full.placebo.mean),
            observed=observed,
            data_kind=data_kind,
        ),
        None,
    )


def _table(reading: SingleArmReading) -> Table:
    rows = tuple(
        (
            k,
            format_interval(float(reading.rate[k]), float(reading.low[k]), float(reading.high[k]), 2),
            float(reading.full.probability[k]),
            _difference(reading.full, k),
            float(reading.discounted.probability[k]),
            _difference(reading.discounted, k),
            float(reading.full.chance[k]),
            float(reading.naive[k]),
        )
        for k in reading.k.tolist()
    )
    return Table(
        "history-table",
        f"Every result of {reading.n} patients",
        (
            TableColumn("responders", "Responders", "", "right"),
            TableColumn("rate", "Rate (interval)", "", "right"),
            TableColumn("p_full", "P(above placebo)", "full history", "decimal", 3),
            TableColumn("difference_full", "Difference (interval)", "full history", "right"),
            TableColumn("p_discounted", "P(above placebo)", "discounted", "decimal", 3),
            TableColumn("difference_discounted", "Difference (interval)", "discounted", "right"),
            TableColumn("chance", "P(as many on placebo)", "", "decimal", 3),
            TableColumn("naive", "Naive reading", "", "decimal", 3),
        ),
        rows,
        note="Rates with Clopper-Pearson limits; differences of treated and placebo rate are "
        "posterior medians "
        f"with {100 * reading.level:g} % credible limits; Jeffreys priors. “P(as many on placebo)” is the "
        "probability of that many responders or more if the drug did nothing.",
    )


def _difference(reading: HistoryReading, k: int) -> str:
    return format_interval(float(reading.difference[k]), float(reading.low[k]), float(reading.high[k]), 2)


def _arms(reading: SingleArmReading) -> Table:
    used = {arm.citation for arm in reading.full.arms}
    arms = reading.widened.arms if reading.widened else reading.full.arms
    return Table(
        "placebo-arms",
        "Placebo and untreated arms",
        (
            TableColumn("trial", "Trial"),
            TableColumn("arm", "Arm"),
            TableColumn("population", "Patients"),
            TableColumn("week", "Week", "", "right"),
            TableColumn("responders", "Responders", "", "right"),
            TableColumn("n", "Known", "", "right"),
            TableColumn("used", "Used"),
            TableColumn("note", "What makes it differ"),
            TableColumn("citation", "Source"),
        ),
        tuple(
            (
                arm.trial,
                arm.arm,
                arm.population,
                arm.week,
                arm.responders,
                arm.n,
                "by default" if arm.citation in used else "sensitivity only",
                arm.note,
                arm.citation,
            )
            for arm in arms
        ),
        collapsed=True,
    )
