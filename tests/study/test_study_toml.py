"""study.toml: validated whole, every mistake in one message with its line and a remedy."""

import pytest

from mitograft.errors import StudyError, UsageError
from mitograft.study.config import load_study

COMPARED = """[[invitro.comparisons]]
quantity = "q"
contrast = "c"
parameter = "plate.viability"
first = "a"
second = "SECOND"
"""
DOSES = """[[invitro.dose_comparisons]]
quantity = "q"
contrast = "CONTRAST"
parameter = "plate.viability"
control = "a"
conditions = ["b", "c"]
"""
EXCLUDED = '[[invitro.seahorse.exclusions]]\nfile = "x.xlsx"\nwell = "A1"\nreason = " "\n'
GOOD = '[study]\nid = "s1"\ntitle = "A study"\ndata_kind = "measured"\n'


def message(tmp_path, text):
    (tmp_path / "study.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(StudyError) as caught:
        load_study(tmp_path)
    return caught.value


def test_every_mistake_comes_with_its_line(tmp_path):
    text = (
        '[study]\nid = "a b"\ntitel = "x"\ndata_kind = "real"\n[trial]\ncore_set = "../x.csv"\n'
        'missing = "guess"\n[history]\nn = "9"\n[[claims.own]]\nid = "X1"\n[parts]\n'
    )
    error = message(tmp_path, text)
    lines = {v.column: v.row for v in error.violations}
    assert lines["study.id"] == 2
    assert lines["study.titel"] == 3
    assert lines["study.data_kind"] == 4
    assert lines["trial.core_set"] == 6
    assert lines["trial.missing"] == 7
    assert lines["history.n"] == 9
    assert lines["claims.own.1.statement"] == 10
    assert lines["parts"] == 12
    assert "line 3, key study.titel: found an unknown key" in str(error)
    assert "line 7, key trial.missing: found 'guess'; expected 'strict', 'zero', 'bounds' or" in str(error)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[study\n", "line 1"),
        (b"[study]\nid = '\xff'\n", "UTF-8"),
        (GOOD + "[claims]\njudge = ['A01', 'A01']\n", "found twice: A01"),
        (GOOD + "[trial]\ncore_set = 'C:\\data\\x.csv'\n", "inside the study folder"),
        (GOOD + "[trial]\ncore_set = '/etc/passwd'\n", "inside the study folder"),
        (GOOD + "[[assumptions]]\nid = 'x'\n", "assumptions.1.text"),
        ("", "study"),
        (GOOD + COMPARED.replace("SECOND", "a"), "two different conditions as first and second"),
        (GOOD + COMPARED.replace("SECOND", "b") + 'healthy = "b"\n', "healthy to be a third condition"),
        (GOOD + COMPARED + 'analysis = "anova"\n', "'donor_means' or 'mixed'"),
        (GOOD + COMPARED + 'family = "main"\n', "'primary' or 'secondary'"),
        (GOOD + DOSES, "expected {condition} in contrast"),
        (GOOD + DOSES.replace('"b", "c"', '"a"'), "each condition once, and not the control"),
        (GOOD + "[invitro]\nmultiplicity = 'bonferroni'\n", "'none' or 'holm'"),
        (GOOD + "[invitro.myotube]\nthreshold = 2.0\n", "a threshold only with method = 'batch'"),
        (GOOD + "[invitro.seahorse]\noutliers = 'sigma'\n", "'none', 'mad' or 'log_mad'"),
        (GOOD + EXCLUDED, "a reason in words"),
        (GOOD + EXCLUDED, "exclusions.1.well: found 'A1'; expected a well such as A05"),
        (GOOD + COMPARED.replace("plate.", "plates."), "expected assay.parameter, for example"),
        (GOOD + 2 * EXCLUDED.replace("A1", "A01").replace('" "', '"bubble"'), "found twice: x.xlsx A01"),
    ],
)
def test_mistakes_are_named(tmp_path, text, sentence):
    assert sentence in str(message(tmp_path, text))


def test_a_folder_without_study_toml(tmp_path):
    with pytest.raises(UsageError, match=r"expected one\. Make one with 'mitograft new"):
        load_study(tmp_path)


def test_a_minimal_study_is_enough(tmp_path):
    (tmp_path / "study.toml").write_text(GOOD)
    assert load_study(tmp_path).trial is None
