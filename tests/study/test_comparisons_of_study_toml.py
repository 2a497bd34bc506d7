"""Doses, multiplicity and mixed models of study.toml, through files and the analysis."""

import pytest

from mitograft.assays.plate.simulate import CellPlateTruth, simulate_layout, simulate_tidy_plate
from mitograft.errors import StudyError
from mitograft.seeds import stream
from mitograft.statistics.donor_comparison import compare_dunnett
from mitograft.study.folder import open_study
from mitograft.study.invitro import analyse_invitro

DOSES = (0.0, 3.0, 30.0)
HEAD = """[study]
id = "s1"
title = "Cultures"
data_kind = "simulated"

[invitro]
MORE

[[invitro.plates]]
files = FILES
layout = "layout.csv"
parameter = "viability"
"""
COMPARISON = """
[[invitro.comparisons]]
quantity = "cell viability"
contrast = "CONTRAST"
parameter = "plate.viability"
first = "FIRST"
second = "untreated"
"""
DOSE_COMPARISON = """
[[invitro.dose_comparisons]]
quantity = "cell viability"
contrast = "{condition} vs untreated, injured C2C12 myoblasts"
parameter = "plate.viability"
control = "untreated"
conditions = ["low", "high"]
"""


def simulate(folder, rescues):
    """A culture on a plate of its own for each rescue; three doses, three wells a dose."""
    plates = folder / "invitro" / "plates"
    plates.mkdir(parents=True)
    rng = stream(11, "tests", "study", "cultures")
    truths = [
        CellPlateTruth(
            f"p{n}",
            donors={f"C{n}": float(rng.normal(0.45, 0.05))},
            doses=DOSES,
            rescue=rescue,
            replicates=3,
        )
        for n, rescue in enumerate(rescues, start=1)
    ]
    lines = ["source,group,position,donor,condition"]
    for n, truth in enumerate(truths, start=1):
        simulate_tidy_plate(truth, plates / f"p{n}.csv", rng)
        for dose, condition in zip(DOSES, ("untreated", "low", "high"), strict=True):
            lines.append(f"p{n}.csv,PN-101 {dose:g} ug/mL,,C{n},{condition}")
        lines.append(f"p{n}.csv,healthy,,H{n},healthy")
    simulate_layout(truths, plates / "layout.csv")
    (folder / "invitro" / "samples.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def cultures(tmp_path):
    return simulate(tmp_path, [0.6] * 4)


def write(folder, *parts, more=""):
    files = str([f"p{n}.csv" for n in range(1, 5)])
    head = HEAD.replace("FILES", files).replace("MORE", more)
    (folder / "study.toml").write_text(head + "".join(parts))
    return folder


def analyse(folder, *parts, more=""):
    return analyse_invitro(open_study(write(folder, *parts, more=more)))


def comparison(contrast, first, *lines):
    return COMPARISON.replace("CONTRAST", contrast).replace("FIRST", first) + "".join(f"{x}\n" for x in lines)


def test_doses_against_one_control_become_evidence_with_simultaneous_intervals(cultures):
    invitro = analyse(cultures, DOSE_COMPARISON)
    rows = {row.contrast: row for row in invitro.evidence}
    assert list(rows) == [f"{dose} vs untreated, injured C2C12 myoblasts" for dose in ("low", "high")]
    used = [a for a in invitro.assigned if a.sample.condition in ("untreated", "low", "high")]
    alone = compare_dunnett([a.reading.value for a in used], [a.sample.donor for a in used],
                            [a.sample.condition for a in used], control="untreated")  # fmt: skip
    expected = {c.group: c for c in alone.comparisons}
    for row, dose in zip(rows.values(), ("low", "high"), strict=True):
        assert (row.low, row.estimate, row.high) == (
            expected[dose].low, expected[dose].estimate, expected[dose].high,
        )  # fmt: skip
        assert row.n == 4
        assert row.level == 0.95
        assert "adjusted together (Dunnett, single step) for 2 comparisons with 'untreated'" in row.note


def test_doses_are_shown_with_a_superplot_and_judge_a_claim(cultures, mitograft):
    claim = (
        '\n[[claims.own]]\nid = "D1"\nstatement = "30 ug/mL helps"\nquantity = "cell viability"\n'
        'contrast = "high vs untreated, injured C2C12 myoblasts"\ndirection = "higher"\nmargin = 0.0\n'
        'unit = "% of control"\nsource = "here"\n'
    )
    write(cultures, DOSE_COMPARISON, claim)
    assert mitograft("run", cultures).code == 0
    page = (cultures / "out" / "report.html").read_text(encoding="utf-8")
    assert "doses against untreated (plate.viability)" in page
    assert "2 doses compared with a control" in page
    assert "95 % simultaneous intervals" in page
    assert (cultures / "out" / "figures" / "doses-superplot-1.svg").is_file()
    claims = (cultures / "out" / "tables" / "claims.csv").read_text(encoding="utf-8")
    assert ",supported," in claims


BOTH = (comparison("a", "low"), comparison("b", "high"))


def test_multiplicity_is_stated_and_p_adjusted_beside(cultures, mitograft):
    invitro = analyse(cultures, *BOTH)
    p = [c.result.p for c in invitro.comparisons]
    assert sorted(c.p_holm for c in invitro.comparisons) == pytest.approx(
        sorted([2 * min(p), max(2 * min(p), *p)])
    )
    assert {row.level for row in invitro.evidence} == {0.95}
    assert mitograft("run", cultures).code == 0
    page = (cultures / "out" / "report.html").read_text(encoding="utf-8")
    assert "Multiplicity: 2 comparisons. Intervals are not adjusted" in page
    assert "p (Holm)" in page


def test_holm_adjusts_intervals_within_each_family(cultures, mitograft):
    marked = (
        comparison("a", "low", 'family = "primary"'),
        comparison("b", "high", 'family = "secondary"'),
        comparison("c", "low", 'family = "secondary"', 'scale = "log ratio"'),
    )
    plain = analyse(cultures, *marked)
    invitro = analyse(cultures, *marked, more='multiplicity = "holm"')
    assert [round(row.level, 6) for row in invitro.evidence] == [0.95, 0.975, 0.975]
    assert invitro.evidence[0].note.startswith("Primary comparison.")
    assert (
        "Interval adjusted (Bonferroni) for the 2 comparisons of its family (secondary)"
        in invitro.evidence[1].note
    )
    widths = [[row.high - row.low for row in one.evidence] for one in (plain, invitro)]
    assert widths[0][0] == widths[1][0]
    assert widths[0][1] < widths[1][1]
    assert mitograft("run", cultures).code == 0
    page = (cultures / "out" / "report.html").read_text(encoding="utf-8")
    assert "Multiplicity: 1 primary comparison and 2 secondary comparisons, each a family." in page
    assert "each interval by Bonferroni within its family" in page


def test_a_mixed_model_is_primary_where_asked_and_donor_means_stand_beside(tmp_path, mitograft):
    cultures = simulate(tmp_path, [0.3, 0.5, 0.7, 0.9])
    asked = comparison("a", "high", 'analysis = "mixed"')
    (mixed,) = analyse(cultures, asked).comparisons
    (means,) = analyse(cultures, comparison("a", "high")).comparisons
    assert mixed.result.method.startswith("mixed model of replicates")
    assert mixed.result.estimate == pytest.approx(means.result.estimate)
    assert mixed.result.df == pytest.approx(3, rel=1e-3)
    assert mixed.beside == means.result
    assert mixed.n == 4
    write(cultures, asked)
    assert mitograft("run", cultures).code == 0
    page = (cultures / "out" / "report.html").read_text(encoding="utf-8")
    assert "The mixed model is the primary analysis, as study.toml asks" in page
    assert "Beside the primary analysis, not judged: paired t test" in page


def test_a_mixed_model_that_would_count_wells_gives_way_to_donor_means(tmp_path):
    cultures = simulate(tmp_path, [0.6] * 4)
    (mixed,) = analyse(cultures, comparison("a", "high", 'analysis = "mixed"')).comparisons
    (means,) = analyse(cultures, comparison("a", "high")).comparisons
    assert mixed.result == means.result
    assert "Donor means are the primary analysis, although a mixed model was asked for" in mixed.why
    assert "count wells as donors" in mixed.why


def test_restored_or_only_raised_is_said_in_words(cultures, mitograft):
    write(cultures, comparison("a", "high", 'healthy = "healthy"', "margin = 0.1"))
    assert mitograft("run", cultures).code == 0
    page = (cultures / "out" / "report.html").read_text(encoding="utf-8")
    assert "Restored to healthy, or only raised? Raised, but not shown to be restored: cell viability" in page


def test_parameters_reach_the_plate_rules(cultures):
    strict = analyse(cultures, "\n[parameters]\nz_prime_least = 0.999\n")
    assert sum(f.rule == "z-prime" for f in strict.findings) == 4
    flagged = {p.id: p for _, p in strict.details.flagged()}
    assert (flagged["z_prime_least"].status, flagged["z_prime_least"].value) == ("overridden", "0.999")
    assert not any(f.rule == "z-prime" for f in analyse(cultures).findings)


def test_every_name_that_does_not_exist_comes_in_one_message(cultures):
    bad = (
        comparison("a", "hihg"),
        comparison("b", "low").replace("plate.viability", "plate.viabilty"),
        DOSE_COMPARISON.replace('"untreated"', '"nobody"'),
    )
    with pytest.raises(StudyError) as caught:
        analyse(cultures, *bad)
    found = {v.column: v for v in caught.value.violations}
    assert set(found) == {
        "invitro.comparisons.1.first",
        "invitro.comparisons.2.parameter",
        "invitro.dose_comparisons.1.control",
    }
    text = (cultures / "study.toml").read_text().splitlines()
    for violation in found.values():
        assert any(word in text[violation.row - 1] for word in ("hihg", "viabilty", "nobody"))
    assert "(high?)" in str(caught.value)


def test_files_that_do_not_exist_come_in_one_message(cultures):
    more = (
        '\n[[invitro.seahorse.exclusions]]\nfile = "x.xlsx"\nwell = "A01"\nreason = "bubble"\n'
        '\n[invitro.myotube]\nmasks = "masks"\n'
    )
    study = write(cultures, more)
    (study / "study.toml").write_text((study / "study.toml").read_text().replace("p3.csv", "p33.csv"))
    with pytest.raises(StudyError) as caught:
        analyse_invitro(open_study(study))
    assert {v.rule for v in caught.value.violations} == {"no-file", "no-folder"}
    assert len(caught.value.violations) == 3
    assert all(v.row for v in caught.value.violations)
