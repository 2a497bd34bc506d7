"""Section: a single-arm result read against historical placebo."""

from mitograft.evidence import DataKind
from mitograft.report.document import Figure, Paragraph, Section, Table, TableColumn
from mitograft.report.figures import Curve, draw_history
from mitograft.report.numbers import format_interval
from mitograft.study.sections.untreated import untreated_blocks
from mitograft.tables.parameters import Parameters
from mitograft.trial.history import HistoryReading, SingleArmReading

__all__ = ["history_section"]


def history_section(
    reading: SingleArmReading, observed: int | None, regression: Parameters, data_kind: DataKind
) -> Section:
    """Show what each number of responders says beside historical placebo, and what needs no treatment."""
    blocks = (
        Paragraph(
            "A trial without a control arm shows how many patients improved, not how many improved "
            "because of the treatment. Compared only with their own baseline, a single responder already "
            "looks like success; that naive reading is drawn for contrast and must not be used.",
            "warning",
        ),
        _figure(reading, observed, data_kind),
        _table(reading),
        _differences(reading),
        _worth(reading),
        _conflict(reading),
        _arms(reading),
        Paragraph(
            "No data here can test whether the historical patients resemble those of the trial in diagnosis, "
            "activity, steroid rules, visit week and responder definition. The discounted reading lets a "
            f"historical patient count {reading.discounted.weight:g} of a new one. The meta-analytic reading "
            "lets placebo arms differ; the robust one allows besides, with probability "
            f"{1 - reading.robust.weight:g}, that the history does not fit at all. All of them widen the "
            "answer; none makes the comparison a randomised one. Credible limits are no confidence limits. "
            f"{reading.meta_analytic.note}",
            "note",
        ),
        *untreated_blocks(regression),
    )
    title = f"A single arm of {reading.n} against historical placebo"
    return Section("history", title, _lead(reading, observed), blocks)


def _lead(reading: SingleArmReading, observed: int | None) -> str:
    arms = (reading.widened or reading.full).arms
    rates = [100 * arm.responders / arm.n for arm in arms]
    apart = f" ({min(rates):.0f} to {max(rates):.0f} % in the {len(arms)} arms known)"
    lead = (
        f"About {100 * float(reading.full.placebo.mean):.0f} % of placebo patients reached a Total "
        f"Improvement Score of {reading.threshold} in past trials{apart if len(arms) > 1 else ''}, so that "
        "much of a single-arm response can be expected without the drug: "
        f"{_needed(reading.full, reading.n)}. If placebo arms may differ and the history may not fit (robust "
        f"prior): {_needed(reading.robust, reading.n)}."
    )
    if observed is not None:
        lead += (
            f" Seen: {observed} of {reading.n} (patients left open by missing measures count as "
            "non-responders), a posterior probability of "
            f"{float(reading.full.probability[observed]):.2f} with the history counted in full, "
            f"{float(reading.robust.probability[observed]):.2f} with the robust prior."
        )
    return lead


def _needed(reading: HistoryReading, n: int) -> str:
    return ", ".join(
        f"{k} of {n} reach a posterior probability of {level:g}" if k is not None
        else f"no result of {n} patients reaches {level:g}"
        for level, k in reading.smallest.items()
    )  # fmt: skip


def _figure(reading: SingleArmReading, observed: int | None, data_kind: DataKind) -> Figure:
    curves = [
        Curve("history counted in full", tuple(reading.full.probability.tolist())),
        Curve(
            f"history discounted to {reading.discounted.weight:g}",
            tuple(reading.discounted.probability.tolist()),
        ),
        Curve("placebo arms may differ: robust prior", tuple(reading.robust.probability.tolist())),
        Curve("naive: against own baseline only", tuple(reading.naive.tolist())),
    ]
    full, robust = (
        ", ".join(f"{k}: {one.probability[k]:.2f}" for k in range(reading.n + 1))
        for one in (reading.full, reading.robust)
    )
    return Figure(
        "history-figure",
        "How sure is it that the treated rate exceeds placebo?",
        f"Posterior probability for each number of responders (Total Improvement Score of at least "
        f"{reading.threshold}) among {reading.n} patients. Filled markers reach 0.95. The naive curve asks "
        "only whether anybody improves.",
        f"Four curves over 0 to {reading.n} responders. With the history counted in full the "
        f"probabilities are {full}. With the robust prior they are {robust}. The discounted curve lies "
        "between; the naive curve is close to 1 from one responder.",
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
    four = (reading.full, reading.discounted, reading.meta_analytic, reading.robust)
    return Table(
        "history-table",
        f"Every result of {reading.n} patients",
        (
            TableColumn("responders", "Responders", "", "right"),
            TableColumn("rate", "Rate (interval)", "", "right"),
            TableColumn("p_full", "P(above placebo)", "full history", "decimal", 3),
            TableColumn("p_discounted", "P(above placebo)", "discounted", "decimal", 3),
            TableColumn("p_meta_analytic", "P(above placebo)", "arms may differ", "decimal", 3),
            TableColumn("p_robust", "P(above placebo)", "robust", "decimal", 3),
            TableColumn("chance", "P(as many on placebo)", "full history", "decimal", 3),
            TableColumn("naive", "Naive reading", "", "decimal", 3),
        ),
        tuple(
            (
                k,
                format_interval(float(reading.rate[k]), float(reading.low[k]), float(reading.high[k]), 2),
                *(float(one.probability[k]) for one in four),
                float(reading.full.chance[k]),
                float(reading.naive[k]),
            )
            for k in reading.k.tolist()
        ),
        note="Rates with Clopper-Pearson limits. “P(above placebo)” is the posterior probability that the "
        "treated rate exceeds that of placebo: pooled arms with Jeffreys priors, counted in full or "
        "discounted; a meta-analytic-predictive prior; the same with a vague part. “P(as many on placebo)” "
        "is the probability of that many responders or more if the drug did nothing.",
    )


def _differences(reading: SingleArmReading) -> Table:
    return Table(
        "history-differences",
        "Treated less placebo rate",
        (
            TableColumn("responders", "Responders", "", "right"),
            *(
                TableColumn(_column("difference", one), "Difference (interval)", one.name, "right")
                for one in reading.readings
            ),
        ),
        tuple((k, *(_difference(one, k) for one in reading.readings)) for k in reading.k.tolist()),
        note=f"Posterior medians with {100 * reading.level:g} % credible limits.",
        collapsed=True,
    )


def _worth(reading: SingleArmReading) -> Table:
    return Table(
        "history-worth",
        "What the history is worth in patients",
        (
            TableColumn("reading", "Reading"),
            TableColumn("mean", "Placebo rate", "mean", "decimal", 2),
            TableColumn("patients", "Historical patients", "", "right"),
            TableColumn("moment", "Worth, by moments", "patients", "decimal", 1),
            TableColumn("elir", "Worth, ELIR", "patients", "decimal", 1),
            TableColumn("morita", "Worth, Morita", "patients", "decimal", 1),
            TableColumn("needed", "Responders needed", f"of {reading.n}"),
        ),
        tuple(
            (
                one.name,
                float(one.placebo.mean),
                sum(arm.n for arm in one.arms),
                one.size.moment,
                one.size.elir,
                one.size.morita,
                "; ".join(f"{'none' if k is None else k} for {level:g}" for level, k in one.smallest.items()),
            )
            for one in reading.readings
        ),
        note="Effective sample sizes of the distribution of the placebo rate, prior included. For a single "
        "Beta distribution the three agree; for a mixture moments are cautious, Morita's is generous, the "
        "expected local information ratio (ELIR) is predictively consistent.",
        collapsed=True,
    )


def _conflict(reading: SingleArmReading) -> Table:
    kept = reading.robust.kept
    return Table(
        "history-conflict",
        "Would the result surprise on placebo?",
        (
            TableColumn("responders", "Responders", "", "right"),
            *(
                TableColumn(_column("conflict", one), "P(no likelier result)", one.name, "decimal", 3)
                for one in reading.readings
            ),
            TableColumn("kept", "Weight of the history", "after it, robust", "decimal", 2),
        ),
        tuple(
            (
                k,
                *(float(one.conflict[k]) for one in reading.readings),
                None if kept is None else float(kept[k]),
            )
            for k in reading.k.tolist()
        ),
        note="If the drug did nothing: probability of a result no more probable than this one (Box), and the "
        "weight the history would keep against the vague part of the robust prior. A small value says that "
        "the drug does something or that the history does not fit; nothing here can tell which.",
        collapsed=True,
    )


def _column(what: str, reading: HistoryReading) -> str:
    return f"{what}_{reading.name.replace(' ', '_').replace('-', '_')}"


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
            TableColumn("status", "Confirmed"),
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
                arm.status,
                arm.citation,
            )
            for arm in arms
        ),
        collapsed=True,
    )
