"""Hosts and interventions: every row is understood by the model, settings add up, mistakes are answered."""

import math
from dataclasses import replace

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.mechanism.equations import load_model
from mitograft.mechanism.hosts import BASES, host_rows, load_host, settings, settle
from mitograft.mechanism.interventions import find_kind, find_targets, kinds, targets
from mitograft.tables.parameters import STATUSES


def test_every_host_row_names_something_of_the_model() -> None:
    model = load_model()
    known = {
        "parameter": set(model.parameter_names),
        "memory": set(model.memory),
        "initial": set(model.state_names),
        "event": set(model.events),
    }
    for row in host_rows():
        assert row["status"] in STATUSES
        assert row["citation"]
        if row["what"] in known:
            assert row["name"] in known[row["what"]], row
            assert math.isfinite(float(row["value"]))


def test_every_intervention_acts_on_something_of_the_model() -> None:
    model = load_model()
    places = {
        "": set(model.memory),
        "parameter": set(model.parameter_names),
        "initial": set(model.state_names),
        "event": set(model.events),
    }
    for target in targets():
        assert target.status in STATUSES
        assert target.citation
        assert bool(target.acts_on) == (target.role != "unknown"), target.name
        for place in target.acts_on:
            what, _, name = place.rpartition(":")
            assert name in places[what], (target.name, place)
    assert all(kind.status in STATUSES for kind in kinds())


def test_settings_are_laid_over_in_order() -> None:
    assert load_host("dish", "galactose").parameters["gly"] == pytest.approx(0.1)
    assert load_host("dish", "galactose", "glucose").parameters["gly"] == 1.0
    assert load_host("mouse", "cim", "sustained_cfa").parameters["k_K"] == 0.0
    assert not set(settings()) & set(BASES)


def test_unknown_hosts_and_settings_are_answered() -> None:
    with pytest.raises(UsageError, match="expected one of dish, mouse, patient"):
        load_host("rat")
    with pytest.raises(UsageError, match="found the setting 'wine'"):
        load_host("mouse", "wine")
    with pytest.raises(UsageError, match="no burn-in"):
        settle(load_host("mouse"), n=1)


def test_a_patient_settles_to_a_chronic_disease_that_does_not_drift() -> None:
    host = load_host("patient")
    start = settle(host, n=1)
    assert 0.6 < start["FIBRE"][0] < 0.95
    assert 2.0 < start["CK"][0] < 6.0
    # Twelve weeks more change less than 1 %: there is no placebo response in the biology.
    later = settle(replace(host, initial={k: float(v[0]) for k, v in start.items()}, burn_in=84.0), n=1)
    for name in ("CK", "FIBRE"):
        assert later[name] == pytest.approx(start[name], rel=0.01)


def test_what_a_host_sets_stays_whatever_an_individual_brings() -> None:
    host = load_host("patient")
    plain = settle(host, n=1)
    # The drive of the patient does not fade: k_K of a mouse must not reach him.
    assert np.array_equal(plain["CK"], settle(host, n=1, parameters={"k_K": 0.07})["CK"])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("IL-6R", "IL-6"),
        ("TNF-α", "TNF"),
        ("CD8+ T cells", "CD8 T cells"),
        ("β2-microglobulin", "beta2-microglobulin"),
        ("necrostatin-1", "necroptosis"),
        ("IL-17A", "IL-17"),
        ("IL-1Ra", "IL-1 receptor antagonist"),
        ("FasL", "necroptosis"),
        ("polyclonal IgG", "IVIg"),
        ("Ly6G", "neutrophils"),
        ("interferon-gamma", "IFN-gamma"),
    ],
)
def test_common_names_are_understood(text: str, name: str) -> None:
    assert [target.name for target in find_targets(text)] == [name]


def test_an_unknown_kind_is_answered() -> None:
    with pytest.raises(UsageError, match="expected one of depletion, knock-out"):
        find_kind("magic")
