"""Tables of the liver tests: Hy's law by group, and the peaks of subjects with a raised one."""

from collections.abc import Callable

from mitograft.evidence import DataKind
from mitograft.statistics.rounding import format_fixed
from mitograft.tables.parameters import Parameters
from mitograft.trial.dataset import Dataset
from mitograft.trial.safety.liver import AMINOTRANSFERASES, LiverAssessment, LiverSubject, LiverValue
from mitograft.trial.safety.shares import exact_share, share_cell
from mitograft.trial.summary.population import Population
from mitograft.trial.summary.result import Cell, Column, Records, Result, Row, Statistic
from mitograft.trial.summary.tally import group_columns, sources_of

__all__ = ["list_liver_peaks", "summarise_liver"]

Chosen = Callable[[LiverSubject], tuple[LiverValue, ...]]
_SHOWN = ("ALT", "AST", "BILI", "ALP", "CK", "GGT")


def summarise_liver(
    population: Population,
    adlb: Dataset,
    found: LiverAssessment,
    settings: Parameters,
    *,
    data_kind: DataKind = "measured",
) -> Result:
    """Count subjects with raised liver tests and potential Hy's law cases, with exact intervals.

    Parameters
    ----------
    population, adlb
        Whose results.
    found
        From ``assess_liver``.
    settings
        ``level``.
    data_kind
        As in ``Result``.
    """
    rows = tuple(
        Row(label, _cells(population, adlb, found, settings, (label, chosen)), indent)
        for label, chosen, indent in _lines(found)
    )
    notes = (
        "Subjects/subjects with ALT or AST and bilirubin after the first day, percent and exact "
        f"{100 * settings['level'].number:g}% interval (Clopper-Pearson). ULN: upper limit of normal.",
        "In myositis ALT and AST may be of muscle. Raised creatine kinase beside points there and excludes "
        "nothing: whether a case is one of the liver is for a physician to say.",
        f"Results without an upper limit or a date, left out: {found.without_limit}.",
    )
    return Result(
        "hys-law", "Liver tests and Hy's law", population.label, "", group_columns(population), rows, notes,
        data_kind, sources_of([population.subjects, adlb]),
    )  # fmt: skip


def list_liver_peaks(
    population: Population, adlb: Dataset, found: LiverAssessment, *, data_kind: DataKind = "measured"
) -> Result:
    """List the peaks of the subjects with ALT, AST or bilirubin above the limits of Hy's law.

    Parameters
    ----------
    population, adlb
        Whose results.
    found
        From ``assess_liver``; its subjects hold the numbers of all, for a figure.
    data_kind
        As in ``Result``.
    """
    raised = [one for one in found.subjects if one.quadrant not in ("", "normal or near normal")]
    rows = tuple(Row(one.subject, _peak_cells(population, adlb, one)) for one in raised)
    columns = (
        Column("Group", align="left"),
        *(Column(test, span="Peak, multiples of ULN") for test in _SHOWN),
        Column("Peaks (eDISH)", align="left"),
        Column("Case", align="left"),
        Column("Creatine kinase beside", align="left"),
    )
    notes = (
        "Peaks after the first day, at whatever times; a case needs aminotransferase and bilirubin within "
        f"{found.days} days.",
    )
    return Result(
        "liver-peaks", "Subjects with raised liver tests", population.label, "Subject", columns, rows, notes,
        data_kind, sources_of([population.subjects, adlb]),
    )  # fmt: skip


def _lines(found: LiverAssessment) -> tuple[tuple[str, Chosen, int], ...]:
    cells, bile, phosphatase = (
        float(found.limits[name])
        for name in ("hy_aminotransferase", "hy_bilirubin", "hy_alkaline_phosphatase")
    )
    both = f"ALT or AST > {cells:g} x ULN and bilirubin > {bile:g} x ULN within {found.days} days"

    def above(tests: tuple[str, ...], limit: str) -> Chosen:
        return lambda one: tuple(
            one.peaks[test]
            for test in tests
            if test in one.peaks and one.peaks[test].multiple > found.limits[limit]
        )

    def case(verdict: str = "") -> Chosen:
        return lambda one: (
            (one.case.aminotransferase, one.case.bilirubin)
            if one.case and verdict in ("", one.case.verdict)
            else ()
        )

    def muscular(one: LiverSubject) -> tuple[LiverValue, ...]:
        return (one.case.muscle,) if one.case and one.case.of_muscle and one.case.muscle else ()

    return (
        (f"ALT or AST > {cells:g} x ULN", above(AMINOTRANSFERASES, "hy_aminotransferase"), 0),
        (f"Bilirubin > {bile:g} x ULN", above(("BILI",), "hy_bilirubin"), 0),
        (both, case(), 0),
        (
            f"Alkaline phosphatase < {phosphatase:g} x ULN: potential Hy's law case",
            case("potential Hy's law case"),
            1,
        ),
        ("Alkaline phosphatase not measured", case("alkaline phosphatase not measured"), 1),
        (f"Alkaline phosphatase >= {phosphatase:g} x ULN", case("cholestatic"), 1),
        ("Creatine kinase raised beside (may be of muscle)", muscular, 1),
    )


def _cells(
    population: Population,
    adlb: Dataset,
    found: LiverAssessment,
    settings: Parameters,
    line: tuple[str, Chosen],
) -> tuple[Cell, ...]:
    label, chosen = line
    cells = []
    for place, group in enumerate(population.groups):
        everyone = place >= len(population.arms)
        mine = [one for one in found.subjects if one.quadrant and (everyone or one.place == place)]
        hits = [values for values in map(chosen, mine) if values]
        share = exact_share(len(hits), len(mine), level=settings["level"].number)
        rows = sorted({value.row for values in hits for value in values})
        cells.append(share_cell(share, group.label, "Liver tests", label, (Records(adlb.name, rows),)))
    return tuple(cells)


def _peak_cells(population: Population, adlb: Dataset, one: LiverSubject) -> tuple[Cell, ...]:
    peaks = []
    for test in _SHOWN:
        value = one.peaks.get(test)
        if value is None:
            peaks.append(Cell(""))
            continue
        number = float(value.multiple)
        statistic = Statistic(one.subject, test, "peak", "multiple of ULN", number)
        peaks.append(Cell(format_fixed(number, 1), (statistic,), (Records(adlb.name, [value.row]),)))
    case = one.case
    beside = ""
    if case:
        beside = "not measured" if case.of_muscle is None else "raised" if case.of_muscle else "not raised"
    return (
        Cell(population.groups[one.place].label),
        *peaks,
        Cell(one.quadrant),
        Cell(case.verdict if case else "none"),
        Cell(beside),
    )
