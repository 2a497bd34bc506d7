"""Laws of imputed dates, for any partial date."""

import datetime as dt

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mitograft.trial.adam import derive_adam

DAY = st.dates(dt.date(2021, 11, 1), dt.date(2022, 3, 31))
TEXT = st.tuples(DAY, st.sampled_from([4, 7, 10])).map(lambda pair: pair[0].isoformat()[: pair[1]])
EVENTS = st.lists(st.tuples(st.none() | TEXT, st.none() | TEXT), min_size=1, max_size=30)


def span(text):
    """Earliest and latest day of a partial date."""
    days = [dt.date(2021, 1, 1) + dt.timedelta(n) for n in range(730)]
    fitting = [day for day in days if day.isoformat().startswith(text)]
    return fitting[0], fitting[-1]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_an_imputed_day_is_possible_and_decides_emergence(trial, protocol, make, events):
    rows = make["rows"]("AE", "001", [{"AETERM": "x", "AESTDTC": s, "AEENDTC": e} for s, e in events])
    frame = derive_adam(trial(AE=rows), protocol, datasets=["ADAE"]).datasets["ADAE"].frame
    dose = dt.date(2022, 1, 10)
    for (start, end), row in zip(events, frame.to_dicts(), strict=True):
        if start:
            low, high = span(start)
            assert low <= row["ASTDT"] <= high
            assert row["ASTDT"] in {low, dose}
            assert (row["ASTDTF"] is None) == (low == high)
            assert (row["TRTEMFL"] == "Y") == (row["ASTDT"] >= dose)
        else:
            ended = end is not None and span(end)[1] < dose
            assert (row["TRTEMFL"] == "Y") == (not ended)
        if end:
            assert row["AENDT"] == span(end)[1]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_days_are_never_zero_and_keep_order(trial, protocol, make, events):
    rows = make["rows"]("AE", "001", [{"AETERM": "x", "AESTDTC": s, "AEENDTC": e} for s, e in events])
    frame = derive_adam(trial(AE=rows), protocol, datasets=["ADAE"]).datasets["ADAE"].frame
    known = frame.filter(pl.col("ASTDY").is_not_null()).sort("ASTDT")
    assert (known["ASTDY"] != 0).all()
    assert known["ASTDY"].is_sorted()
