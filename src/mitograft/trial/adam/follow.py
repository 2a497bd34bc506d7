"""Follow a value from record to record: the steps of a trace for one subject."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any

from mitograft.trial.adam.derive import Adam
from mitograft.trial.adam.rules.scores import SUFFIXES
from mitograft.trial.adam.specification import Source, VariableSpec
from mitograft.trial.adam.trace import TraceStep
from mitograft.trial.dataset import Datasets, Origin

__all__ = ["Follower", "Record", "write_value"]

Record = dict[str, Any]
_SHOWN = 3  # records of one kind below a step
_RESULTS = ("ADLB", "ADQS")


def write_value(value: object) -> str:
    """Write a value as a reader expects it: numbers without needless zeros, missing as empty text."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10g}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


class Follower:
    """The records of one subject, and the steps behind each of their values.

    Parameters
    ----------
    adam, sdtm
        The derived and the collected data sets.
    subject
        Its USUBJID.
    """

    def __init__(self, adam: Adam, sdtm: Datasets, subject: str) -> None:
        self.adam, self.sdtm, self.subject = adam, sdtm, subject
        self._records: dict[str, list[Record]] = {}
        self._told: set[tuple[str, int, str]] = set()

    def records(self, dataset: str) -> list[Record]:
        """Return the subject's records of an analysis data set, each with its links and its place ``_at``."""
        import polars as pl

        if dataset not in self.adam.datasets:
            return []
        if dataset not in self._records:
            frame = self.adam.datasets[dataset].frame.with_row_index("_at")
            whole = frame.hstack(self.adam.links[dataset])
            self._records[dataset] = whole.filter(pl.col("USUBJID") == self.subject).to_dicts()
        return self._records[dataset]

    def find(self, dataset: str, **values: object) -> list[Record]:
        """Return the records that have these values."""
        return [r for r in self.records(dataset) if all(r.get(k) == v for k, v in values.items())]

    @cached_property
    def person(self) -> Record:
        """The subject's record of ADSL."""
        return self.records("ADSL")[0]

    def follow(self, dataset: str, record: Record, name: str) -> TraceStep:
        """Return the step of one variable of one record."""
        variable = self.adam.specification[dataset].variable(name)
        place, value = f"{_label(dataset, record)} {name}", write_value(record[name])
        if variable is None:
            return TraceStep(place, value)
        key = (dataset, int(record["_at"]), name)
        if key in self._told:
            return TraceStep(place, value, variable.rule, "see above")
        self._told.add(key)
        method, formula, steps = self._behind(variable, record)
        return TraceStep(place, value, variable.rule, method, formula, tuple(steps))

    def _behind(self, variable: VariableSpec, record: Record) -> tuple[str, str, list[TraceStep]]:
        """Return method, formula and steps of a variable."""
        dataset, name = variable.dataset, variable.name
        if name == "AVAL":
            return self._behind_value(dataset, record)
        if dataset in _RESULTS and name in ("BASE", "BNRIND", "BTOXGR"):
            original = {"BASE": "AVAL", "BNRIND": "ANRIND", "BTOXGR": "ATOXGR"}[name]
            base = self._baseline(dataset, record)
            return variable.method, "", [self.follow(dataset, base, original)] if base else []
        if dataset == "ADTIS" and name.startswith(("CRIT", "TISCAT")):
            bounds = [self._same_visit(record, code) for code in ("TISLO", "TISHI")]
            return variable.method, "", [self.follow(dataset, one, "AVAL") for one in bounds if one]
        return (
            variable.method,
            self._formula(variable, record),
            self._steps(variable.sources, record, variable),
        )

    def _formula(self, variable: VariableSpec, record: Record) -> str:
        shown = {k: write_value(record.get(k)) for k in ("AVAL", "BASE", "CHG", "HEIGHTBL", "WEIGHTBL")}
        if variable.name == "CHG":
            return f"{shown['AVAL']} - {shown['BASE']}"
        if variable.name == "PCHG":
            return f"100 x {shown['CHG']} / {shown['BASE']}"
        if variable.name == "BMIBL":
            return f"{shown['WEIGHTBL']} / ({shown['HEIGHTBL']} / 100)^2"
        return ""

    def _baseline(self, dataset: str, record: Record) -> Record | None:
        found = self.find(dataset, PARAMCD=record["PARAMCD"], ABLFL="Y")
        return found[0] if found else None

    def _same_visit(self, record: Record, code: str) -> Record | None:
        found = self.find("ADTIS", PARAMCD=code, AVISITN=record["AVISITN"])
        return found[0] if found else None

    def _behind_value(self, dataset: str, record: Record) -> tuple[str, str, list[TraceStep]]:
        """Return method, formula and steps of AVAL, by data set and parameter."""
        parameter = self.adam.specification[dataset].parameter(record["PARAMCD"])
        method = parameter.method if parameter else "Result as collected."
        kinds: Mapping[str, Callable[[Record], tuple[str, list[TraceStep]]]] = {
            "ADTIS": self._score,
            "ADTTE": self._time,
            "ADEX": self._dose,
        }
        formula, steps = kinds.get(dataset, self._collected)(record)
        return method, formula, steps

    def _collected(self, record: Record) -> tuple[str, list[TraceStep]]:
        name = str(record["SRCVAR"])
        collected = name.replace("STRESN", "ORRES"), name.replace("STRESN", "ORRESU")
        names = (name, *collected) if name.endswith("STRESN") else (name,)
        return "", [self.leaf(record["SRCDOM"], record["_row"], names)]

    def _dose(self, record: Record) -> tuple[str, list[TraceStep]]:
        if record["SRCDOM"] == "EX":
            return self._collected(record)
        doses = self.find("ADEX", PARAMCD="DOSE")
        joined = " + ".join(write_value(dose["AVAL"]) or "?" for dose in doses)
        formula = joined if record["PARAMCD"] == "TOTDOSE" else f"{len(doses)} records"
        return formula, [self.follow("ADEX", dose, "AVAL") for dose in doses]

    def _time(self, record: Record) -> tuple[str, list[TraceStep]]:
        formula = (
            f"{write_value(record['ADT'])} - {write_value(record['STARTDT'])} + 1 ({record['EVNTDESC']})"
        )
        start = self.follow("ADSL", self.person, "TRTSDT")
        dataset, name, sequence = record["SRCDOM"], record["SRCVAR"], record["SRCSEQ"]
        key = "AESEQ" if dataset == "ADAE" else "ASEQ"
        found = [self.person] if dataset == "ADSL" else self.find(dataset, **{key: sequence})
        names = {"ADTIS": (name, "CRIT1FL"), "ADAE": (name, "TRTEMFL")}.get(dataset, (name,))
        return formula, [start, *(self.follow(dataset, one, each) for one in found for each in names)]

    def _score(self, record: Record) -> tuple[str, list[TraceStep]]:
        code = record["PARAMCD"]
        if code.startswith("PTS"):
            return self._points(record)
        if code.startswith("APC"):
            return self._percent(record)
        parts = [self._same_visit(record, f"PTS{suffix}") for suffix in SUFFIXES.values()]
        known = [part for part in parts if part]
        formula = " + ".join(write_value(part["AVAL"]) or "?" for part in known)
        return formula, [self.follow("ADTIS", part, "AVAL") for part in known]

    def _points(self, record: Record) -> tuple[str, list[TraceStep]]:
        change = self._same_visit(record, "APC" + record["PARAMCD"][3:])
        if change is None or change["AVAL"] is None:
            return "no change known", [self.follow("ADTIS", change, "AVAL")] if change else []
        measure = self.adam.specification["ADTIS"].parameter(record["PARAMCD"])
        bands = next(m for m in self.adam.rules.measures if measure and m.name == measure.measure)
        edges = [float(edge) for edge in bands.edges]
        band = sum(change["AVAL"] > edge + 1e-9 for edge in edges)
        low = f"above {edges[band - 1]:g}" if band else "not above " + f"{edges[0]:g}"
        high = f" up to {edges[band]:g}" if 0 < band < len(edges) else ""
        formula = f"{write_value(change['AVAL'])} % lies {low}{high} %: {float(bands.points[band]):g} points"
        return formula, [self.follow("ADTIS", change, "AVAL")]

    def _percent(self, record: Record) -> tuple[str, list[TraceStep]]:
        parameter = self.adam.specification["ADTIS"].parameter(record["PARAMCD"])
        measure = parameter.measure if parameter else ""
        dataset = "ADLB" if measure == "enzyme" else "ADQS"
        codes = {p.measure: p.code for p in self.adam.specification["ADQS"].parameters}
        code = record["ENZYME"] if measure == "enzyme" else codes.get(measure)
        now = self.find(dataset, PARAMCD=code, AVISITN=record["AVISITN"], ANL01FL="Y")
        base = self.find(dataset, PARAMCD=code, ABLFL="Y")
        names = ("AVAL", "ANRHI") if measure == "enzyme" else ("AVAL",)
        steps = [self.follow(dataset, one, name) for one in (*base[:1], *now[:1]) for name in names]
        if not (base and now):
            return f"no value {'at this visit' if base else 'at baseline'}", steps
        return self._percent_formula(measure, str(code), base[0], now[0]), steps

    def _percent_formula(self, measure: str, code: str, base: Record, now: Record) -> str:
        before, after = write_value(base["AVAL"]), write_value(now["AVAL"])
        if measure == "enzyme":
            lab = self.adam.specification["ADLB"].parameter(code)
            size = float(self.adam.rules.multiple(lab.measure)) if lab else float("nan")
            limits = write_value(base["ANRHI"]), write_value(now["ANRHI"])
            return f"100 x ({before} / {limits[0]} - {after} / {limits[1]}) / {size:g}"
        rule = next(m for m in self.adam.rules.measures if m.name == measure)
        size = float(rule.size) if rule.size is not None else float(self.adam.protocol.mmt8_max)
        first, second = (after, before) if rule.up else (before, after)
        return f"100 x ({first} - {second}) / {size:g}"

    def _steps(self, sources: Sequence[Source], record: Record, variable: VariableSpec) -> list[TraceStep]:
        """Return the steps of what a rule reads: analysis variables one by one, collected ones by record."""
        steps = []
        for name, own in groupby(sources, key=lambda source: source.dataset):
            group = list(own)
            if name not in self.adam.specification.datasets:
                steps += self._from_collected(name, group, record, variable)
            elif name == variable.dataset:
                steps += [self.follow(name, record, source.variable) for source in group]
            elif name == "ADSL":
                steps += [self.follow(name, self.person, source.variable) for source in group]
            else:
                steps += self._from_records(name, group)
        return steps

    def _from_records(self, dataset: str, sources: Sequence[Source]) -> list[TraceStep]:
        """Return the records of another data set a flag of ADSL rests on."""
        if dataset == "ADQS":
            both = [r for r in self.records(dataset) if r["ABLFL"] == "Y" and r["AVAL"] is not None]
            later = [r for r in self.records(dataset) if r["CHG"] is not None and r["ABLFL"] is None]
            pairs = [(b, x) for b in both for x in later if x["PARAMCD"] == b["PARAMCD"] and x["ANL01FL"]]
            return [self.follow(dataset, one, "AVAL") for one in (pairs[0] if pairs else ())]
        name = sources[-1].variable
        flagged = [r for r in self.records(dataset) if r.get(name) is not None]
        return [self.follow(dataset, one, name) for one in flagged[:_SHOWN]]

    def _from_collected(
        self, domain: str, sources: Sequence[Source], record: Record, variable: VariableSpec
    ) -> list[TraceStep]:
        names = list(dict.fromkeys(source.variable for source in sources))
        rows = self._rows(domain, sources[0], record, variable)
        return [self.leaf(domain, row, names) for row in rows[:_SHOWN]]

    def _rows(self, domain: str, source: Source, record: Record, variable: VariableSpec) -> list[int]:
        """Rows of a collected data set behind a record: its own, the one the rule took, or all of a kind."""
        own = {"ADSL": "DM", "ADAE": "AE"}.get(variable.dataset) or record.get("SRCDOM")
        if domain == own and record.get("_row") is not None:
            return [int(record["_row"])]
        taken = record.get(f"_from_{variable.name}")
        if taken is not None and domain in {variable.sources[0].dataset, *self._taken(variable)}:
            return [int(taken)]
        if domain == "DM":
            return [int(self.person["_row"])]
        if domain.startswith("SUPP") or variable.dataset in (*_RESULTS, "ADTIS"):
            return []
        return self._all_rows(domain, source)

    def _taken(self, variable: VariableSpec) -> Iterable[str]:
        return ("SUPPAE",) if variable.name == "DLTFL" else ()

    def _all_rows(self, domain: str, source: Source) -> list[int]:
        import polars as pl

        if domain not in self.sdtm:
            return []
        frame = self.sdtm[domain].frame.with_row_index("_at")
        frame = frame.filter(pl.col("USUBJID") == self.subject)
        code = f"{domain}TESTCD"
        if source.parameter and code in frame.columns:
            frame = frame.filter(pl.col(code) == source.parameter)
        return [int(at) for at in frame["_at"].to_list()]

    def leaf(self, domain: str, row: int | None, names: Sequence[str]) -> TraceStep:
        """Return the step of collected variables of one row, with the file and row it was read from."""
        if row is None or domain not in self.sdtm:
            return TraceStep(f"{domain} {', '.join(names)}", "", method="not collected")
        dataset = self.sdtm[domain]
        content: Mapping[str, Any] = dataset.frame.row(int(row), named=True)
        sequence = write_value(content.get(f"{domain}SEQ"))
        origin = dataset.origin(int(row))
        file = TraceStep(_file_place(origin), "")
        shown = [name for name in names if name in content] or list(names)
        label = f"{domain}{f' {domain}SEQ {sequence}' if sequence else ''} {', '.join(shown)}"
        values = ", ".join(write_value(content.get(name)) or "(empty)" for name in shown)
        return TraceStep(label, values, steps=(file,))


def _file_place(origin: Origin) -> str:
    """Name file, row and fields; a field of another row is written ``name@row`` in the origin."""
    names = []
    for field in origin.fields:
        name, _, row = field.partition("@")
        names.append(f"{name} (row {row})" if row else name)
    fields = f", field {', '.join(names)}" if names else ""
    return f"file {origin.file}, row {origin.row}{fields}"


def _label(dataset: str, record: Record) -> str:
    """Name a record the way a reader finds it."""
    if dataset == "ADAE":
        return f"ADAE event {write_value(record['AESEQ'])}"
    words = [dataset, *(str(record[key]) for key in ("PARAMCD", "AVISIT") if record.get(key))]
    return " ".join(words)
