"""Typing errors on request are found through the files, and only they."""

from dataclasses import replace
from pathlib import Path

import pytest

from mitograft.errors import InputError, UsageError
from mitograft.trial.coding import code_events, invented_dictionary
from mitograft.trial.conformance import Finding, check_datasets
from mitograft.trial.edc import read_edc
from mitograft.trial.formats import read_datasets
from mitograft.trial.simulate import (
    Mistake,
    SiteData,
    pn101_protocol,
    pn101_truth,
    simulate_trial,
    tabulate_sdtm,
    write_redcap,
    write_sdtm,
)
from mitograft.trial.simulate.truth import MISTAKES, MistakeKind

FOUND = {
    "unit_mismatch": ("MG-1019", "LB"),
    "date_swap": ("MG-3001", "AE"),
    "event_before_birth": ("MG-3003", "AE"),
    "dose_after_death": ("MG-3004", "EX"),
    "visit_order": ("MG-3012", "SV"),
    "duplicate_record": ("MG-1007", "AE"),
    "missing_id": ("MG-1004", "AE"),
    "second_dose": ("MG-4007", "EX"),
    "ineligible": ("MG-4002", "DM"),
}
REFUSED = {"unit_mismatch": "unknown-unit", "missing_id": "missing-subject"}


def _site(kind: MistakeKind, subject: str = "") -> SiteData:
    truth = replace(pn101_truth(), mistakes=(Mistake(kind, subject),))
    return simulate_trial(truth, pn101_protocol(), 1)


def _serious(findings: tuple[Finding, ...]) -> set[tuple[str, str]]:
    return {(finding.rule_id, finding.domain) for finding in findings if finding.severity != "note"}


def test_clean_data_have_no_finding(phase1: SiteData, phase2: SiteData) -> None:
    for site in (phase1, phase2):
        data = tabulate_sdtm(site, invented_dictionary())
        assert _serious(check_datasets(data, site.protocol)) == set()


@pytest.mark.parametrize("kind", FOUND)
def test_a_mistake_is_found_in_the_files(kind: MistakeKind, tmp_path: Path) -> None:
    write_sdtm(_site(kind), tmp_path, "json", invented_dictionary())
    assert FOUND[kind] in _serious(check_datasets(read_datasets(tmp_path), pn101_protocol()))


def test_unknown_terms_stay_uncoded() -> None:
    events, complaints = code_events(tabulate_sdtm(_site("unknown_term"))["AE"], invented_dictionary())
    assert len(complaints) == 1
    assert events.frame["AEDECOD"].null_count() == 1


@pytest.mark.parametrize("kind", MISTAKES)
def test_an_export_with_a_mistake_is_mapped_or_refused(kind: MistakeKind, tmp_path: Path) -> None:
    site = _site(kind)
    write_redcap(site, tmp_path)
    if kind in REFUSED:
        with pytest.raises(InputError) as caught:
            read_edc(tmp_path, site.protocol)
        assert {violation.rule for violation in caught.value.violations} == {REFUSED[kind]}
        return
    mapped, written = read_edc(tmp_path, site.protocol), tabulate_sdtm(site)
    for name in ("DM", "EX", "AE", "SV", "LB", "FT"):
        assert mapped[name].frame.equals(written[name].frame), name


def test_a_mistake_concerns_its_subject_only(phase1: SiteData) -> None:
    for kind in MISTAKES:
        wrong = _site(kind, "005")  # type: ignore[arg-type]
        others = [row for row in wrong.rows if row.subject not in ("005", "")]
        assert others == [row for row in phase1.rows if row.subject != "005"]
        assert wrong.rows != phase1.rows


def test_a_mistake_of_nobody_is_refused() -> None:
    with pytest.raises(UsageError, match="no such dosed subject"):
        _site("date_swap", "S01")
