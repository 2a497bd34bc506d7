"""Many rows are scored in blocks; where a block ends must not matter."""

import numpy as np

from mitograft.outcome.tis import score_tis
from mitograft.outcome.tis.change import BLOCK
from mitograft.seeds import stream


def test_rows_across_blocks_score_as_they_do_alone():
    rng = stream(2016, "tests", "blocks")
    n = 2 * BLOCK + 777

    def side():
        values = {
            "physician_global": rng.integers(0, 101, n) / 10,
            "patient_global": rng.integers(0, 101, n) / 10,
            "mmt8": rng.integers(0, 81, n).astype(float),
            "haq": rng.integers(0, 25, n) / 8,
            "extramuscular": rng.integers(0, 101, n) / 10,
            "ck": rng.integers(1, 3000, n).astype(float),
            "ldh": rng.integers(1, 900, n).astype(float),
        }
        for column in values.values():
            column[rng.random(n) < 0.05] = np.nan
        return values | {"ck_uln": rng.choice([150.0, 200.0], n), "ldh_uln": np.full(n, 250.0)}

    base, final = side(), side()
    base["mmt8_max"] = rng.choice([80.0, 150.0], n)
    whole = score_tis(base, final)
    cuts = np.sort(rng.choice(n, 11, replace=False))
    for rows in np.split(np.arange(n), cuts):
        part = score_tis({k: v[rows] for k, v in base.items()}, {k: v[rows] for k, v in final.items()})
        assert np.array_equal(part.low, whole.low[rows])
        assert np.array_equal(part.high, whole.high[rows])
        assert np.array_equal(part.missing, whole.missing[rows])
        for name, points in whole.points.items():
            assert np.array_equal(part.points[name], points[rows], equal_nan=True)
    assert 0 < np.mean(whole.missing > 0) < 1
    assert len(np.unique(whole.low)) > 20
