import contextlib

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import InputError, UsageError
from mitograft.trial.coding import code_events, invented_dictionary, read_meddra
from mitograft.trial.dataset import Dataset, Variable

# Place of the fields: MedDRA Distribution File Format Document (llt.asc, pt.asc, mdhier.asc).
LLT = "91$Sore knee$11$$$$$$$Y$$\n92$Knee ache$11$$$$$$$N$$\n93$Itch$12$$$$$$$Y$$\n"
PT = "11$Knee pain$$81$$$$$$$$\n12$Itching$$82$$$$$$$$\n"
MDHIER = (
    "11$1$2$81$Knee pain$a$b$Joints$J$$81$Y$\n"
    "11$1$2$82$Knee pain$a$b$Skin$S$$81$N$\n"
    "12$1$2$82$Itching$a$b$Skin$S$$82$Y$\n"
)


def write(folder, llt=LLT, pt=PT, mdhier=MDHIER, encoding="utf-8"):
    for name, text in (("llt.asc", llt), ("pt.asc", pt), ("mdhier.asc", mdhier)):
        if text is not None:
            (folder / name).write_bytes(text.encode(encoding))
    return folder


def events(**columns):
    frame = pl.DataFrame({name: pl.Series(values, dtype=pl.String) for name, values in columns.items()})
    rows = frame.height
    origins = pl.DataFrame(
        {"file": ["ae.csv"] * rows, "row": [*range(2, rows + 2)], "fields": ["aeterm"] * rows}
    )
    return Dataset("AE", "", frame, tuple(Variable(name) for name in columns), "ae.csv", origins)


def test_the_primary_class_counts(tmp_path):
    dictionary = read_meddra(write(tmp_path))
    coded = dictionary.code("  sore   KNEE ")
    assert (coded.llt, coded.pt, coded.soc, coded.llt_code) == ("Sore knee", "Knee pain", "Joints", "91")
    assert dictionary.prefer("knee PAIN").soc == "Joints"
    assert dictionary.version == "unknown"


def test_terms_no_longer_current_are_found_but_not_used(tmp_path):
    dictionary = read_meddra(write(tmp_path))
    assert dictionary.code("Knee ache") is None
    assert dictionary.find("Knee ache").pt == "Knee pain"


def test_latin_1_and_windows_line_ends_are_read(tmp_path):
    llt = LLT.replace("Itch$", "Juckreiz, für$").replace("\n", "\r\n")
    assert read_meddra(write(tmp_path, llt=llt, encoding="latin-1")).code("juckreiz, FÜR").pt == "Itching"


def test_the_folder_above_and_names_in_capitals_are_accepted(tmp_path):
    (tmp_path / "MedAscii").mkdir()
    write(tmp_path / "MedAscii")
    (tmp_path / "MedAscii" / "llt.asc").rename(tmp_path / "MedAscii" / "LLT.ASC")
    (tmp_path / "MedAscii" / "meddra_release.asc").write_text("27.1$English$$$$\n")
    assert read_meddra(tmp_path).version == "27.1"


@pytest.mark.parametrize(("change", "rule", "row"), [
    ({"llt": None}, "missing-file", None),
    ({"llt": "91$Sore knee$11\n"}, "too-few-fields", 1),
    ({"llt": ""}, "not-a-dictionary", None),
    ({"llt": LLT.replace("$Y$", "$?$", 1)}, "bad-flag", 1),
    ({"llt": LLT + "94$Other$99$$$$$$$Y$$\n"}, "unknown-code", 4),
    ({"llt": LLT + "94$ITCH$11$$$$$$$Y$$\n"}, "ambiguous", 4),
    ({"pt": PT + "11$Again$$81$$$$$$$$\n"}, "twice", 3),
    ({"pt": "x$Knee pain$$81\n" + PT}, "bad-term", 1),
    ({"mdhier": MDHIER.replace("$82$Y$", "$82$N$")}, "no-class", None),
    ({"mdhier": MDHIER + "11$1$2$82$Knee pain$a$b$Skin$S$$81$Y$\n"}, "two-classes", 4),
    ({"mdhier": MDHIER.replace("$N$", "$$")}, "bad-flag", 2),
    ({"mdhier": MDHIER + "77$1$2$82$X$a$b$Skin$S$$81$Y$\n"}, "unknown-code", 4),
])  # fmt: skip
def test_a_broken_file_is_refused_with_its_row(tmp_path, change, rule, row):
    with pytest.raises(InputError) as caught:
        read_meddra(write(tmp_path, **change))
    assert (caught.value.violations[0].rule, caught.value.violations[0].row) == (rule, row)


def test_a_missing_folder_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no such folder"):
        read_meddra(tmp_path / "none")


@given(st.binary(max_size=200))
def test_no_bytes_end_in_a_traceback(tmp_path_factory, data):
    folder = write(tmp_path_factory.mktemp("dictionary"))
    (folder / "llt.asc").write_bytes(data)
    with contextlib.suppress(InputError):
        assert read_meddra(folder).name == "MedDRA"


def test_the_invented_dictionary_is_large_enough_and_marked():
    dictionary = invented_dictionary()
    assert dictionary.name == "invented"
    assert len(dictionary.preferred) >= 60
    assert 10 <= len({coded.soc for coded in dictionary.terms.values()}) <= 12
    assert all(c.llt_code.startswith("99") and c.pt_code.startswith("99") for c in dictionary.terms.values())
    for coded in dictionary.terms.values():
        assert dictionary.prefer(coded.pt).soc == coded.soc
        assert dictionary.find(coded.pt).pt == coded.pt  # a preferred term is a lowest level term of itself
    assert dictionary.code("Infusion related reaction") is not None


def test_only_what_is_empty_is_filled():
    ae, findings = code_events(
        events(
            AETERM=["fever", "Nausea", "Itching", "cramps"],
            AELLT=[None, None, "Skin rash", None],
            AEDECOD=[None, "Nausea", None, None],
            AEBODSYS=[None, "Own class", None, None],
        ),
        invented_dictionary(),
    )
    assert findings == ()
    assert ae.frame["AEDECOD"].to_list() == ["Pyrexia", "Nausea", "Rash", "Muscle spasms"]
    assert ae.frame["AELLT"].to_list() == ["Fever", "Nausea", "Skin rash", "Cramps"]
    assert ae.frame["AEBODSYS"].to_list()[1:3] == ["Own class", "Skin"]
    assert code_events(ae, invented_dictionary())[0].frame.equals(ae.frame)


def test_terms_that_are_not_in_it_are_listed_without_the_term():
    ae, findings = code_events(
        events(AETERM=["fell off the roof", "Dropsy", "Fever", None], AEDECOD=[None, None, "Headache", None]),
        invented_dictionary(),
    )
    assert [finding.rule for finding in findings] == [
        "not-coded",
        "not-current",
        "coded-otherwise",
        "not-coded",
    ]
    assert [finding.row for finding in findings] == [2, 3, 4, 5]
    assert "roof" not in " ".join(map(str, findings))
    assert ae.frame["AEDECOD"].to_list() == [None, None, "Headache", None]
    assert ae.frame["AEBODSYS"].to_list() == [None, None, "Nervous system", None]
    assert [v.label for v in ae.variables][-1] == "Body System or Organ Class"
