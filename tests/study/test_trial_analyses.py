"""Estimands, dose finding and safety of a trial through study.toml: with placebo, and with mistakes."""

import re
from importlib.resources import files

import pytest

from mitograft.cli import main
from mitograft.errors import StudyError
from mitograft.evidence import load_evidence
from mitograft.study.config import load_study
from mitograft.trial.simulate import (
    pn101_phase2_protocol,
    pn101_phase2_truth,
    simulate_trial,
    write_sdtm,
)

ARMS = """[[trial.protocol.arms]]
code = "MID"
name = "PN-101 300 ug"
dose = 300.0

[[trial.protocol.arms]]
code = "HIGH"
name = "PN-101 600 ug"
dose = 600.0

[[trial.protocol.arms]]
code = "PBO"
name = "Placebo"
dose = 0.0
placebo = true

"""


def controlled(extra=""):
    """study.toml of a simulated trial of 12:12:12, from that of pn101."""
    text = (files("mitograft.simulation") / "pn101.toml").read_text(encoding="utf-8")
    text = text.replace("SEED", "5").replace("TRIAL_SOURCE", 'sdtm = "trial/sdtm"')
    head, tail = text[: text.index("[product]")], text[text.index("[trial]") :]
    tail = re.sub(r"\[\[trial\.protocol\.arms\]\].*?(?=\[\[trial\.protocol\.visits)", ARMS, tail, flags=re.S)
    tail = re.sub(r"# The rule of NCT04976140.*?variant = \"nct04976140\"\n", extra, tail, flags=re.S)
    tail = re.sub(r"judge = \[.*?\]", 'judge = ["A11", "A12"]', tail)
    return head + tail.replace("PN-101-101", "PN-101-201")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("controlled")
    (folder / "study.toml").write_text(controlled(), encoding="utf-8")
    (folder / "trial" / "sdtm").mkdir(parents=True)
    protocol = pn101_phase2_protocol()
    write_sdtm(simulate_trial(pn101_phase2_truth(), protocol, 5), folder / "trial" / "sdtm")
    with pytest.raises(SystemExit) as ended:
        main(["run", str(folder)])
    assert not ended.value.code
    return folder


def test_each_dose_is_compared_with_placebo_under_its_estimand(done):
    rows = [r for r in load_evidence(done / "out" / "evidence.json") if "estimand primary" in r.quantity]
    first = next(r for r in rows if r.contrast == "PN-101 600 ug vs Placebo" and r.note.startswith("primary"))
    assert first.quantity == "Total Improvement Score at WEEK 12 (estimand primary)"
    assert "Kenward-Roger" in first.method
    assert "rescue: composite" in first.note
    assert first.data_kind == "simulated"
    assert first.low < first.estimate < first.high


def test_report_and_files_hold_every_analysis(done):
    page = (done / "out" / "report.html").read_text(encoding="utf-8")
    for words in (
        "Efficacy by estimand", "estimand primary", "estimand response", "Hy's law",
        "Adverse events with exact intervals", "Infusion reactions by time",
        "What no event in so many patients still allows",
        "Intercurrent events and the answer of each estimand",
    ):  # fmt: skip
        assert words in page.replace("&#39;", "'")
    for name in ("estimand-primary", "intercurrent-events", "dose-trend", "hys-law"):
        for ending in (".rtf", ".docx", ".csv"):
            assert (done / "out" / "trial" / "tables" / f"{name}{ending}").stat().st_size > 0


def test_the_claim_about_the_score_is_never_without_the_history(done):
    page = (done / "out" / "report.html").read_text(encoding="utf-8")
    at = page.index("A12")
    assert "historical placebo" in page[at : at + 6000]
    rows = load_evidence(done / "out" / "evidence.json")
    score = next(r for r in rows if r.quantity == "IMACS-TIS")
    assert score.method.endswith("estimand primary")
    assert score.n <= 24  # subjects given placebo are no part of it


def test_every_section_counts_responders_alike(done):
    page = (done / "out" / "report.html").read_text(encoding="utf-8")
    rows = load_evidence(done / "out" / "evidence.json")
    note = next(
        r.note for r in rows if "estimand response" in r.quantity and r.contrast == "PN-101 600 ug vs Placebo"
    )
    other = next(
        r.note for r in rows if "estimand response" in r.quantity and r.contrast == "PN-101 300 ug vs Placebo"
    )
    k = sum(int(re.search(r"(\d+) of 12 against", text).group(1)) for text in (note, other))
    assert "A single arm of 24 against historical placebo" in page
    assert f"Seen: {k} of 24" in page


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('visit = "WEEK 12"', 'visit = "WEEK 16"'), "expected the visit of estimand primary among"),
        (('id = "response"', 'id = "primary"'), "found twice: primary"),
        (('rescue = "composite"', 'rescue = "ignore"'), "expected 'treatment policy', 'hypothetical'"),
        (("threshold = 20", "threshold = 30"), "expected 20, 40 or 60"),
        (('variable = "category"', 'variable = "grade"'), "expected 'TIS', 'response', 'category' or"),
    ],
)
def test_mistakes_in_estimands_are_told_with_their_line(tmp_path, change, sentence):
    text = controlled()
    assert change[0] in text
    (tmp_path / "study.toml").write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_study(tmp_path)
    assert sentence in str(caught.value)
    assert caught.value.violations[0].row


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ('design = "3+3"\nvariant = "nct04976140"', "found 2 doses"),
        ('design = "crm"\nskeleton = [0.1, 0.2, 0.3]', "3 rates for 2 doses"),
        ('design = "crm"\nskeleton = [0.3, 0.1]', "found [0.3, 0.1], expected rising"),
        ('design = "boin"\nstart = 3', "start at dose 3"),
        ('design = "boin"\ntarget = 1.2', "less than 1"),
        ('design = "4+4"', "expected '3+3', 'boin', 'crm', 'mtpi2' or 'i3+3'"),
    ],
)
def test_mistakes_in_the_escalation_are_told(tmp_path, section, sentence):
    (tmp_path / "study.toml").write_text(controlled(f"[trial.escalation]\n{section}\n"), encoding="utf-8")
    with pytest.raises(StudyError, match=re.escape(sentence)):
        load_study(tmp_path)


@pytest.mark.parametrize(
    "section",
    [
        'design = "3+3"\nvariant = "six_at_mtd"',
        'design = "boin"\ntarget = 0.25',
        'design = "crm"\nskeleton = [0.1, 0.3]\nestimate = "posterior"',
        'design = "mtpi2"',
        'design = "i3+3"',
    ],
)
def test_every_design_can_be_declared(tmp_path, section):
    (tmp_path / "study.toml").write_text(controlled(f"[trial.escalation]\n{section}\n"), encoding="utf-8")
    part = load_study(tmp_path).trial
    assert part is not None
    assert part.escalation is not None
    assert part.escalation.planned(2).doses == 2


def with_history(folder, table):
    text = (
        '[study]\nid = "s"\ntitle = "A study"\ndata_kind = "published"\n[history]\nn = 9\narms = "arms.csv"\n'
    )
    (folder / "study.toml").write_text(text, encoding="utf-8")
    (folder / "arms.csv").write_text(table, encoding="utf-8")
    return folder


HEAD = "trial,nct,arm,population,week,threshold,responders,n,undetermined,pool,status,citation,note\n"


def test_placebo_arms_of_the_study_join_those_shipped(tmp_path, mitograft):
    row = "OURS,,placebo,PM and DM,12,20,2,40,0,yes,source,our registry,\n"
    done = mitograft("run", with_history(tmp_path, HEAD + row))
    assert done.code == 0, done.err
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "our registry" in page
    # ProDERM alone gives 21 of 48; with 2 of 40 beside it, about a quarter of placebo patients respond.
    assert "About 26 % of placebo patients" in page


def test_mistakes_in_placebo_arms_are_all_told(tmp_path, mitograft):
    rows = "OURS,,placebo,PM,12,20,9,4,0,yes,source,c,\nOTHER,,placebo,PM,-1,25,2,40,0,maybe,source,c,\n"
    done = mitograft("run", with_history(tmp_path, HEAD + rows))
    assert done.code == 2
    for words in ("arms.csv", "responders", "week", "threshold", "pool"):
        assert words in done.err
    assert not (tmp_path / "out").exists()
