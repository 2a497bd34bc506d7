"""Write the mapping file that takes an export of a simulated trial to SDTM (grammar: guide to mapping)."""

import json
from collections.abc import Iterator, Mapping

from mitograft.tables.parameters import load_rows
from mitograft.trial.protocol import Protocol
from mitograft.trial.simulate.results import Test, decoded, result_tests
from mitograft.trial.simulate.site import LOGS, event_of
from mitograft.trial.simulate.truth import PACKAGE

__all__ = ["write_mapping"]

_FILES = {
    "redcap": 'records = "records.csv"\ndictionary = "dictionary.csv"\nsubject = "record_id"\n',
    "odm": 'file = "export.xml"\n',
}
_DATES = {"chemistry": "lbdat", "haematology": "hedat"}


def write_mapping(protocol: Protocol, kind: str) -> str:
    """Return the text of ``mapping.toml`` for an export of a kind, ``redcap`` or ``odm``."""
    parts = [
        "# How this simulated export becomes SDTM. Every value in it was drawn by a program.\n",
        f'[export]\nkind = "{kind}"\n{_FILES[kind]}studyid = {_text(protocol.study)}\n'
        'visit_date = "visdat"\n',
        "[visits]\n" + "".join(_visits(protocol)),
        "[units]\n" + "".join(_units()),
        *_subject(protocol, kind),
        *_records(),
        *_results(protocol),
    ]
    return "\n".join(parts)


def _visits(protocol: Protocol) -> Iterator[str]:
    for visit in protocol.visits:
        yield f"{event_of(visit.name)} = {_text(visit.name)}\n"
    yield f'{event_of("UNSCHEDULED")} = "UNSCHEDULED"\n{event_of(LOGS)} = ""\n'


def _units() -> Iterator[str]:
    for written, spelled in decoded()["creat_u"].items():
        if written != spelled:
            yield f"{_text(written)} = {_text(spelled)}\n"


def _subject(protocol: Protocol, kind: str) -> Iterator[str]:
    codes = {str(number): arm.code for number, arm in enumerate(protocol.arms, 1)}
    race = f'{{ checkbox = "race", codes = {_codes(decoded()["race"])}, several = "MULTIPLE" }}'
    subject = 'SUBJID = "record_id"\n' if kind == "redcap" else ""
    yield (
        f'[subject]\n{subject}SITEID = "site"\n'
        'RFICDTC = { date = "icfdat" }\nBRTHDTC = { date = "brthdat" }\n'
        f"SEX = {_coded('sex')}\nRACE = {race}\nETHNIC = {_coded('ethnic')}\n"
        f'ARMCD = {{ field = "cohort", codes = {_codes(codes)} }}\nCOUNTRY = {{ constant = "KOR" }}\n'
    )
    yield (
        f'[[subject.supplement]]\nqnam = "DATAKIND"\nlabel = "Kind of Data"\nvalue = {_coded("data_kind")}\n'
    )


def _coded(field: str) -> str:
    return f'{{ field = "{field}", codes = {_codes(decoded()[field])} }}'


def _records() -> Iterator[str]:
    groups: dict[tuple[str, str], list[str]] = {}
    for row in load_rows(PACKAGE, "columns.csv"):
        line = f"{row['variable']} = {_source(row['kind'], row['source'])}\n"
        groups.setdefault((row["domain"], row["form"]), []).append(line)
    for (domain, form), lines in groups.items():
        yield f'[[record]]\ndomain = "{domain}"\nform = "{form}"\n{"".join(lines)}'
        if domain == "AE":
            yield (
                '[[record.supplement]]\nqnam = "AEDLT"\nlabel = "Dose-Limiting Toxicity"\n'
                f'value = {_coded("aedlt")}\nevaluator = "INVESTIGATOR"\n'
            )


def _source(kind: str, text: str) -> str:
    """Write a source of the table ``columns.csv``."""
    names = text.split()
    if kind == "field":
        return _text(text)
    if kind == "coded":
        return _coded(text)
    if kind == "time":
        return f'{{ date = "{names[0]}", time = "{names[1]}" }}'
    forms = {
        "words": f'{{ field = "{text}", labels = true }}',
        "constant": f"{{ constant = {_text(text)} }}",
        "date": f'{{ date = "{text}" }}',
        "parts": f"{{ date = {json.dumps(names)} }}",
    }
    return forms[kind]


def _results(protocol: Protocol) -> Iterator[str]:
    groups: dict[tuple[str, str, str], list[Test]] = {}
    for test in result_tests(protocol):
        groups.setdefault((test.domain, test.form, test.category), []).append(test)
    for (domain, form, category), tests in groups.items():
        lines = [f'[[result]]\ndomain = "{domain}"\nform = "{form}"\n']
        lines += [f"category = {_text(category)}\n"] if category else []
        lines += [f'date = {{ date = "{_DATES[form]}" }}\n'] if form in _DATES else []
        lines += ['RSEVAL = { constant = "INVESTIGATOR" }\n'] if domain == "RS" else []
        lines += ["tests = [\n", *(f"  {_test(test)},\n" for test in tests), "]\n"]
        yield "".join(lines)


def _test(test: Test) -> str:
    keys = {"testcd": test.code, "test": test.name, "field": test.field}
    keys |= {"unit": test.unit} if test.unit else {}
    keys |= {"unit_field": test.unit_field} if test.unit_field else {}
    if test.limits is not None:
        keys["low_field"], keys["high_field"] = test.limits
    return "{ " + ", ".join(f"{key} = {_text(value)}" for key, value in keys.items()) + " }"


def _codes(codes: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{_text(code)} = {_text(term)}" for code, term in codes.items()) + " }"


def _text(text: str) -> str:
    """Return a basic string of TOML; JSON escapes are a subset."""
    return json.dumps(text, ensure_ascii=False)
