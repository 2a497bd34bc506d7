"""What was put in comes out: shares, response rates, correlation."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from mitograft.outcome.tis import score_tis
from mitograft.trial.simulate import (
    ArmTruth,
    SiteData,
    pn101_phase2_protocol,
    pn101_phase2_truth,
    simulate_trial,
)

COLUMNS = {
    "phyglob": "physician_global",
    "patglob": "patient_global",
    "exmusc": "extramuscular",
    "mmt8": "mmt8",
    "haqdi": "haq",
    **{name: name for name in ("ck", "aldolase", "alt", "ast", "ldh")},
}
ENZYMES = ("ck", "aldolase", "alt", "ast", "ldh")
Floats = npt.NDArray[np.float64]


def _site(effect: float, subjects: int, seed: int) -> SiteData:
    truth = replace(
        pn101_phase2_truth(),
        arms=(ArmTruth("PBO", subjects, effect=effect, dropout=0.0),),
        screen_failures=0,
        missing_measure=0.0,
        unscheduled=0.0,
    )
    return simulate_trial(truth, pn101_phase2_protocol(), seed)


def _columns(site: SiteData, visit: str) -> dict[str, Floats]:
    values: dict[str, dict[str, float]] = {}
    for row in site.rows:
        if row.event != visit:
            continue
        mine = values.setdefault(row.subject, {})
        mine.update({COLUMNS[n]: float(v) for n, v in row.values.items() if n in COLUMNS})
        mine.update({f"{n}_uln": float(row.values[f"{n}_hi"]) for n in ENZYMES if f"{n}_hi" in row.values})
    names = next(iter(values.values()))
    return {name: np.array([mine[name] for mine in values.values()]) for name in names}


def _score(site: SiteData) -> Floats:
    before, after = _columns(site, "BASELINE"), _columns(site, "WEEK 12")
    return score_tis({**before, "mmt8_max": 150.0}, after).tis


@pytest.fixture(scope="module")
def placebo() -> SiteData:
    return _site(0.0, 300, 11)


def test_placebo_responds_as_in_proderm(placebo: SiteData) -> None:
    """ProDERM (NCT02728752), placebo at week 16: TIS >= 20 in 21 of 48, >= 40 in 11, >= 60 in 4.

    The placebo response of the truth was chosen by these numbers; the tolerance is three standard errors of
    ProDERM and of 300 simulated subjects together.
    """
    score = _score(placebo)
    for threshold, count in ((20, 21), (40, 11), (60, 4)):
        published = count / 48
        error = np.sqrt(published * (1 - published) * (1 / 48 + 1 / 300))
        assert (score >= threshold).mean() == pytest.approx(published, abs=3 * error)


def test_a_larger_effect_gives_more_responders(placebo: SiteData) -> None:
    rates = [(_score(site) >= 20).mean() for site in (placebo, _site(0.15, 150, 11), _site(0.4, 150, 11))]
    assert rates[0] + 0.1 < rates[1] < rates[2] - 0.1


def test_the_share_put_in_is_the_share_that_is_gone() -> None:
    """Mean of 1 - a(12)/a(0) of the latent measures is placebo + effect; visits lie a week around week 12."""
    site = _site(0.3, 200, 3)
    truth = site.truth
    share = np.array([subject.share["mmt8"] for subject in site.subjects])
    wanted = truth.placebo_share + 0.3
    error = np.hypot(truth.between, truth.apart) / np.sqrt(len(share))
    # Shares are capped at 1, which takes a little away.
    assert share.mean() == pytest.approx(wanted, abs=3.5 * error)
    before = np.array([150 - subject.start["mmt8"] for subject in site.subjects])
    after = np.array([150 - subject.end["mmt8"] for subject in site.subjects])
    assert np.allclose(np.clip(1 - after / before, None, 1), np.maximum(share, 1 - 150 / before))
    seen, later = _columns(site, "BASELINE")["mmt8"], _columns(site, "WEEK 12")["mmt8"]
    measured = (later - seen).sum() / (150 - seen).sum()
    assert measured == pytest.approx(wanted, abs=0.06)


def test_changes_of_measures_go_together(placebo: SiteData) -> None:
    before, after = _columns(placebo, "BASELINE"), _columns(placebo, "WEEK 12")
    better = {name: before[name] - after[name] for name in ("physician_global", "patient_global", "haq")}
    better["mmt8"] = after["mmt8"] - before["mmt8"]
    better["ck"] = np.log(before["ck"] / after["ck"])
    table = np.corrcoef(list(better.values()))
    assert table[np.triu_indices(len(better), 1)].min() > 0.2


def test_measures_go_together_at_baseline(placebo: SiteData) -> None:
    before = _columns(placebo, "BASELINE")
    table = np.corrcoef([before["physician_global"], before["haq"], -before["mmt8"], np.log(before["ck"])])
    assert table[np.triu_indices(4, 1)].min() > 0.15


def test_ck_is_skewed_and_above_its_limit(placebo: SiteData) -> None:
    before = _columns(placebo, "BASELINE")
    multiple = before["ck"] / before["ck_uln"]
    assert np.median(multiple) == pytest.approx(placebo.truth.enzymes["CK"].median, rel=0.35)
    assert multiple.mean() > np.median(multiple)


def test_measurement_noise_is_that_of_the_truth() -> None:
    """Screening and baseline measure one latent value: SD of the difference is noise x sqrt 2."""
    site = _site(0.0, 300, 5)
    first, second = _columns(site, "SCREENING"), _columns(site, "BASELINE")
    noise = site.truth.measures["physician_global"].noise
    spread = (first["physician_global"] - second["physician_global"]).std()
    assert spread == pytest.approx(noise * np.sqrt(2), rel=0.15)
