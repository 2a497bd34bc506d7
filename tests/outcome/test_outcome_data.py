"""The shipped criteria: complete, cited, and honest about what is only recalled."""

import pytest

from mitograft.tables.parameters import load_parameters, load_rows

# What no source read for this package confirms. A row may leave this list only with its citation.
RECALLED = {
    "doi.csv": set(),
    "mmt.csv": {"mmt24/"},
    "haq.csv": {"sections_needed", "item_allocation"},
    "mdaat.csv": {"mitax_weight/", "mitax_total", "mitax/"},
    "cdasi.csv": {"activity_sign/gottron_papules", "gottron_papules_weight", "damage/", "damage_sign/"},
    "cmas.csv": {
        "item/arm_raise_duration",
        "item/floor_sit",
        "item/all_fours",
        "item/floor_rise",
        "item/chair_rise",
        "item/stool_step",
        "item/pick_up",
        "timed_item/arm_raise_duration",
    },
    "das.csv": {"das/"},
    "classification.csv": {"intercept/", "subgroup/"},
    "mcid.csv": set(),
}  # fmt: skip


@pytest.mark.parametrize("name", RECALLED)
def test_every_row_is_complete(name):
    rows = list(load_parameters("mitograft.outcome", name))
    assert rows
    for row in rows:
        assert row.kind in {"measured", "literature", "assumed", "fitted", "rule"}
        assert row.status in {"source", "derived", "secondary", "recall"}
        assert row.value
        assert row.kind == "rule" or float(row.value) == row.number


@pytest.mark.parametrize("name", RECALLED)
def test_recalled_rows_stay_recalled(name):
    recalled = {row.id for row in load_parameters("mitograft.outcome", name) if row.status == "recall"}
    listed = tuple(RECALLED[name])
    assert all(row.startswith(listed) for row in recalled)
    assert all(any(row.startswith(start) for row in recalled) for start in listed)


@pytest.mark.parametrize("name", ["haq_items.csv", "haq_devices.csv"])
def test_lists_say_their_source(name):
    for row in load_rows("mitograft.outcome", name):
        assert all(row.values())
        assert row["status"] == ("recall" if name == "haq_items.csv" else "source")
