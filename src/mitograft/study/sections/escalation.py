"""Section: dose escalation: what was done against the rule, and how the rule behaves, exactly."""

from collections.abc import Iterator

from mitograft.report.document import Block, Paragraph, Section, Table, TableColumn
from mitograft.study.sections.trial_tables import result_table
from mitograft.study.trial import Trial
from mitograft.trial.escalation import Design, exact_characteristics
from mitograft.trial.escalation.scenarios import load_scenarios

__all__ = ["escalation_section"]

_SHOWN = ("dlt-by-dose", "dlt-conduct", "none-seen")


def escalation_section(trial: Trial) -> Section | None:
    """Show toxicity by dose, the conduct and the exact characteristics of the design; None without any."""
    tables = {table.id: table for table in trial.tables}
    shown = [tables[name] for name in _SHOWN if name in tables]
    if trial.design is None and "dlt-by-dose" not in tables:
        return None
    blocks: list[Block] = [result_table(table) for table in shown]
    if trial.design is not None:
        blocks += list(_characteristics(trial.design))
    return Section("escalation", "Dose finding", _lead(trial), tuple(blocks))


def _lead(trial: Trial) -> str:
    if trial.design is None:
        return "No rule of escalation is declared; toxicity is shown by dose."
    conduct = next((table for table in trial.tables if table.id == "dlt-conduct"), None)
    if conduct is None or not conduct.rows:
        return f"Rule: {trial.design.name}. Nobody has been dosed."
    last = conduct.rows[-1].cells[6].text
    return (
        f"Rule: {trial.design.name}. After the last cohort it says: {last} A dose declared by so few "
        "patients is a rule followed, not a rate known: the table of what no event still allows stands below."
    )


def _characteristics(design: Design) -> Iterator[Block]:
    """Say how the rule behaves for rates that might be true."""
    rows: list[tuple[str | float, ...]] = []
    for scenario in load_scenarios():
        rates = scenario.rates(design.doses)
        found = exact_characteristics(design, rates)
        rows.append(
            (
                scenario.name, ", ".join(f"{100 * rate:.0f}" for rate in rates),
                *(100 * share for share in found.selection), 100 * found.none, found.sample_size,
                found.toxic_patients,
            )
        )  # fmt: skip
    yield Paragraph(
        "How the rule behaves if the true rates of dose-limiting toxicity were those of the table; exact, by "
        "following all paths. The scenarios are chosen, not known."
    )
    yield Table(
        "escalation-characteristics",
        "Operating characteristics of the rule",
        (
            TableColumn("scenario", "Scenario"),
            TableColumn("rates", "True rates", "%", "right"),
            *(
                TableColumn(f"dose_{i}", f"Dose {i} chosen", "%", "decimal", 1)
                for i in range(1, design.doses + 1)
            ),
            TableColumn("none", "None chosen", "%", "decimal", 1),
            TableColumn("patients", "Patients", "", "decimal", 1),
            TableColumn("toxic", "With DLT", "", "decimal", 1),
        ),
        tuple(rows),
    )
