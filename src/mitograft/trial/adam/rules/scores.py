"""Rules of ADTIS: percent change, points and Total Improvement Score at every visit after baseline."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mitograft.errors import InputError, Violation
from mitograft.outcome.tis import ENZYMES, TisScore, score_tis
from mitograft.outcome.tis.enzyme import choose_enzyme
from mitograft.trial.adam.work import Work

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RULES", "SUFFIXES", "response", "score_rows"]

Floats = npt.NDArray[np.float64]

SUFFIXES = {
    "physician_global": "PG",
    "patient_global": "PT",
    "mmt8": "MM",
    "haq": "HA",
    "enzyme": "EN",
    "extramuscular": "EX",
}
"""Last two letters of the parameter codes of each measure."""

_DECIMALS = 9


@dataclass(frozen=True)
class _Grid:
    """The visits to score, n of them, and the records of each measure there.

    ``visits`` has ``_subject``, ``AVISIT``, ``AVISITN`` in order. ``first`` and ``later`` hold for each
    column of the score the values at baseline and at the visit, shape (n,); ``sequence`` and ``day`` the
    ASEQ and the day (days since 1970) of the record at the visit.
    """

    visits: "pl.DataFrame"
    first: dict[str, Floats]
    later: dict[str, Floats]
    sequence: dict[str, Floats]
    day: dict[str, Floats]


def score_rows(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  makes the rows
    """Score each subject's planned visits after baseline at which a core set measure was assessed."""
    measures = {p.code: p.measure for p in work.specification["ADQS"].parameters if p.measure}
    enzymes = {p.code: p.measure for p in work.specification["ADLB"].parameters if p.measure in ENZYMES}
    qs, lb = _records(work, "ADQS", measures), _records(work, "ADLB", enzymes)
    _check_scales(work, qs, measures)
    visits = _visits(work, qs)
    grid = _Grid(visits, {}, {}, {}, {})
    for code, name in measures.items():
        _fill(grid, qs, code, name, work)
    for code, name in enzymes.items():
        _fill(grid, lb, code, name, work)
    return _long(grid, _scored(grid, work), _chosen(grid, work), work)


def _scored(grid: _Grid, work: Work) -> TisScore:
    most = {"mmt8_max": np.full(max(grid.visits.height, 1), float(work.protocol.mmt8_max))}
    if grid.visits.height:
        return score_tis(grid.first | most, grid.later, rules=work.rules)
    one = score_tis(most, {}, rules=work.rules)  # no visit: the parts of one row without values, without it
    points, percent = ({name: part[:0] for name, part in side.items()} for side in (one.points, one.percent))
    return replace(
        one, low=one.low[:0], high=one.high[:0], missing=one.missing[:0], points=points, percent=percent
    )


def _records(work: Work, dataset: str, codes: Mapping[str, str]) -> "pl.DataFrame":
    import polars as pl

    columns = [
        "_subject",
        "_row",
        "SRCDOM",
        "PARAMCD",
        "AVAL",
        "AVISIT",
        "AVISITN",
        "ADT",
        "ASEQ",
        "ABLFL",
        "ANL01FL",
    ]
    frame = work.frames[dataset].filter(
        pl.col("PARAMCD").is_in(list(codes)), (pl.col("ABLFL") == "Y") | (pl.col("ANL01FL") == "Y")
    )
    limit = "ANRHI" if "ANRHI" in frame.columns else None
    return frame.select(*columns, *([limit] if limit else []))


def _check_scales(work: Work, records: "pl.DataFrame", measures: Mapping[str, str]) -> None:
    """Refuse values off their scale: a score of them would be a number without meaning."""
    import polars as pl

    sizes = {m.name: float(m.size) for m in work.rules.measures if m.size is not None}
    sizes["mmt8"] = float(work.protocol.mmt8_max)
    size = pl.col("PARAMCD").replace_strict(
        {code: sizes.get(name) for code, name in measures.items()}, return_dtype=pl.Float64
    )
    wrong = records.with_columns(size.alias("size")).filter(
        (pl.col("AVAL") < 0) | (pl.col("AVAL") > pl.col("size"))
    )
    if wrong.height:
        raise InputError("core set measures", [_off_scale(work, row) for row in wrong.iter_rows(named=True)])


def _off_scale(work: Work, row: Mapping[str, object]) -> Violation:
    domain, code = str(row["SRCDOM"]), row["PARAMCD"]
    origin = work.sdtm[domain].origin(int(str(row["_row"])))
    return Violation(
        "off-scale",
        found=f"{row['AVAL']:g} in {code}",
        expected=f"0 to {row['size']:g}",
        remedy="Check the unit (cm, not mm) and the maximum of the test in the protocol.",
        file=origin.file,
        row=origin.row,
        column=";".join(origin.fields) or f"{domain}STRESN",
    )


def _visits(work: Work, records: "pl.DataFrame") -> "pl.DataFrame":
    """Visits after baseline of dosed subjects with a core set measure."""
    import polars as pl

    baseline = work.protocol.visit(work.protocol.baseline_visit)
    dosed = work.frames["ADSL"].filter(pl.col("TRTSDT").is_not_null())["_subject"]
    return (
        records.filter(
            pl.col("ANL01FL") == "Y",
            pl.col("ABLFL").is_null(),
            pl.col("AVISITN") > (baseline.number if baseline else 0),
            pl.col("_subject").is_in(dosed.implode()),
        )
        .select("_subject", "AVISIT", "AVISITN")
        .unique()
        .sort("_subject", "AVISITN")
    )


def _fill(grid: _Grid, records: "pl.DataFrame", code: str, name: str, work: Work) -> None:
    """Put one measure or enzyme on the grid; a value without its upper limit of normal is no value."""
    import polars as pl

    own = records.filter(pl.col("PARAMCD") == code)
    enzyme = name in ENZYMES
    if enzyme:
        own = own.filter(pl.col("AVAL").is_not_null(), pl.col("ANRHI") > 0, pl.col("AVAL") >= 0)
    base = own.filter(pl.col("ABLFL") == "Y")
    later = own.filter(pl.col("ANL01FL") == "Y").join(
        grid.visits.with_row_index("_visit"), on=["_subject", "AVISITN"], how="inner"
    )
    subject = grid.visits["_subject"].to_numpy()
    place = later["_visit"].to_numpy()
    count = work.frames["ADSL"].height
    for suffix, column in (("", "AVAL"), ("_uln", "ANRHI")) if enzyme else (("", "AVAL"),):
        grid.first[name + suffix] = _scatter(count, base["_subject"].to_numpy(), base[column])[subject]
        grid.later[name + suffix] = _scatter(len(subject), place, later[column])
    grid.sequence[name] = _scatter(len(subject), place, later["ASEQ"])
    grid.day[name] = _scatter(len(subject), place, later["ADT"].cast(pl.Int32))


def _scatter(size: int, place: npt.NDArray[np.uint32], values: "pl.Series") -> Floats:
    import polars as pl

    out = np.full(size, np.nan)
    out[place] = values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return out


def _chosen(grid: _Grid, work: Work) -> npt.NDArray[np.int8]:
    """Position in the enzyme order of the enzyme followed, -1 for none."""
    names = [name for enzyme in ENZYMES for name in (enzyme, f"{enzyme}_uln")]
    values = {name: grid.first[name] for name in names if name in grid.first}
    if not grid.visits.height:
        return np.empty(0, dtype=np.int8)
    return choose_enzyme(values, work.rules.enzyme_order)


def _long(grid: _Grid, score: TisScore, chosen: npt.NDArray[np.int8], work: Work) -> "pl.DataFrame":
    """Stack the parameters, one row a visit and parameter, in the order of subject, PARAMN and visit."""
    import polars as pl

    spec = work.specification["ADTIS"]
    codes = {int(code): name for name, code in _enzyme_codes(work).items()}
    enzyme = pl.Series(chosen).replace_strict(codes, default=None, return_dtype=pl.String)
    days, sequences = dict(grid.day), dict(grid.sequence)
    days["enzyme"], sequences["enzyme"] = (_follow(side, chosen, work) for side in (grid.day, grid.sequence))
    latest = np.full(grid.visits.height, np.nan)
    for name in SUFFIXES:
        used = np.where(np.isnan(score.percent[name]), np.nan, days[name])
        latest = np.fmax(latest, used)
    totals = {"TIS": score.tis, "TISLO": score.tis_low, "TISHI": score.tis_high}
    blocks = []
    for parameter in spec.parameters:
        name = parameter.measure
        percent = parameter.code.startswith("APC")
        values = totals.get(parameter.code)
        if values is None:
            values = np.round(score.percent[name], _DECIMALS) + 0.0 if percent else score.points[name]
        blocks.append(
            grid.visits.with_row_index("_visit").with_columns(
                pl.lit(parameter.code).alias("PARAMCD"),
                pl.lit(parameter.name).alias("PARAM"),
                pl.lit(float(parameter.number)).alias("PARAMN"),
                pl.Series("AVAL", values, dtype=pl.Float64).fill_nan(None),
                pl.Series("_day", days[name] if name else latest).fill_nan(None),
                enzyme.alias("ENZYME") if name == "enzyme" else pl.lit(None, pl.String).alias("ENZYME"),
                pl.lit(
                    (("ADLB" if name == "enzyme" else "ADQS") if percent else "ADTIS") if name else None,
                    pl.String,
                ).alias("SRCDOM"),
                pl.Series("SRCSEQ", sequences[name] if percent else np.full(len(latest), np.nan)).fill_nan(
                    None
                ),
                pl.Series("_low", score.tis_low),
                pl.Series("_high", score.tis_high),
            )
        )
    return _finished(pl.concat(blocks), len(spec.parameters))


def _enzyme_codes(work: Work) -> dict[str, int]:
    """Parameter code of each enzyme to its position in the enzyme order."""
    order = work.rules.enzyme_order
    return {
        p.code: order.index(p.measure) for p in work.specification["ADLB"].parameters if p.measure in order
    }


def _follow(values: Mapping[str, Floats], chosen: npt.NDArray[np.int8], work: Work) -> Floats:
    out = np.full(len(chosen), np.nan)
    for position, name in enumerate(work.rules.enzyme_order):
        if name in values:
            rows = chosen == position
            out[rows] = values[name][rows]
    return out


def _finished(rows: "pl.DataFrame", parameters: int) -> "pl.DataFrame":
    """Give numbers to the records; point each record of points at the record of its percent change."""
    import polars as pl

    ordered = rows.sort("_subject", "PARAMN", "AVISITN").with_columns(
        pl.int_range(1, pl.len() + 1).over("_subject").cast(pl.Float64).alias("ASEQ")
    )
    visits = pl.len().over("_subject") // parameters
    points = pl.col("PARAMCD").str.starts_with("PTS")
    text = pl.col("AVAL").round(6).cast(pl.String).str.strip_suffix(".0")
    return ordered.with_columns(
        pl.when(points).then(pl.col("ASEQ") - 6 * visits).otherwise(pl.col("SRCSEQ")).alias("SRCSEQ"),
        pl.when(pl.col("SRCDOM").is_not_null()).then(pl.lit("AVAL")).alias("SRCVAR"),
        pl.col("_day").cast(pl.Int32).cast(pl.Date).alias("ADT"),
        text.alias("AVALC"),
        pl.when(pl.col("AVAL").is_not_null()).then(pl.lit("Y")).alias("ANL01FL"),
        pl.lit(None, pl.UInt32).alias("_row"),
    )


def response(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Thresholds met by the score, and its category, where missing measures leave no doubt."""
    import polars as pl

    total = pl.col("PARAMCD") == "TIS"
    limits = [float(threshold) for threshold in work.rules.thresholds]
    made = []
    for number, limit in enumerate(limits, 1):
        flag = (
            pl.when(pl.col("_low") >= limit).then(pl.lit("Y")).when(pl.col("_high") < limit).then(pl.lit("N"))
        )
        made += [
            pl.when(total).then(pl.lit(f"TIS >= {limit:g}")).alias(f"CRIT{number}"),
            pl.when(total).then(flag).alias(f"CRIT{number}FL"),
        ]
    names = ("None", "Minimal", "Moderate", "Major")

    def category(column: str) -> "pl.Expr":
        steps = pl.sum_horizontal((pl.col(column) >= limit).cast(pl.Int64) for limit in limits)
        return steps.replace_strict(dict(enumerate(names)), return_dtype=pl.String)

    low, high = category("_low"), category("_high")
    return frame.with_columns(*made, pl.when(total & (low == high)).then(low).alias("TISCAT"))


RULES: Mapping[str, Callable[["pl.DataFrame", Work], "pl.DataFrame"]] = {
    "score_rows": score_rows,
    "response": response,
}
