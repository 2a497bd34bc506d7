"""Virtual patients: correlated core set measures, with drive, damage and responsiveness behind them.

Two common factors, drive of the disease and damage, and something of its own lie behind each measure; a
third, responsiveness, decides how far a drug lowers inflammation. All three are normally distributed, each
measure has its own distribution (a Gaussian copula), values are kept within the scale and written at its
steps. Loadings and most spreads are assumed (``patients.csv``): no correlation matrix of the core set is
published.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.mechanism.observe.chance import BLOCK, normals
from mitograft.mechanism.observe.core_set import MEASURES, load_core_set
from mitograft.mechanism.observe.instrument import to_scale
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = ["ADMISSIONS", "Patients", "load_population", "simulate_patients"]

Array = npt.NDArray[np.float64]
ADMISSIONS = ("all", "proderm", "pn101")
_OTHERS = ("physician_global", "patient_global", "haq", "extramuscular", "ck")
_MOST_BLOCKS = 20000


@dataclass(frozen=True)
class Patients:
    """Virtual patients at entry; every array has shape (n,).

    Parameters
    ----------
    baseline
        The six core set measures; ``ck`` in multiples of its upper limit of normal.
    drive, damage, response
        Standard scores: of the drive of the disease, of damage, and of responsiveness to a drug.
    number
        Number of each among all candidates.
    screened
        How many candidates were looked at.
    """

    baseline: Mapping[str, Array]
    drive: Array
    damage: Array
    response: Array
    number: npt.NDArray[np.int64]
    screened: int

    def __len__(self) -> int:
        """Return the number of patients."""
        return len(self.drive)

    def take(self, rows: npt.NDArray[np.int64]) -> "Patients":
        """Return some of the patients, by their rows."""
        chosen = {name: values[rows] for name, values in self.baseline.items()}
        return Patients(
            chosen,
            self.drive[rows],
            self.damage[rows],
            self.response[rows],
            self.number[rows],
            self.screened,
        )


def load_population() -> Parameters:
    """Return the parameters of virtual patients and mice (``patients.csv``)."""
    return load_parameters("mitograft.mechanism.population", "patients.csv")


def simulate_patients(
    count: int, *, seed: int, admission: str = "proderm", parameters: Parameters | None = None
) -> Patients:
    """Return the first ``count`` candidates that the entry criteria admit.

    The same seed gives the same patients; asking for more adds patients at the end.

    Parameters
    ----------
    count
        Patients wanted.
    admission
        ``all``; ``proderm`` (MMT-8 below 142) or ``pn101`` (below 125), each with two of the other criteria.

    Raises
    ------
    UsageError
        For an unknown admission, a negative count, loadings that are no correlations, or criteria that next
        to nobody meets.
    """
    if admission not in ADMISSIONS or count < 0:
        raise UsageError(
            f"Virtual patients: found {count} patients, admission {admission!r}; expected a number from 0 "
            f"and one of {', '.join(ADMISSIONS)}."
        )
    given = parameters or load_population()
    pieces: list[Patients] = []
    admitted, block = 0, 0
    while admitted < count:
        if block >= 50 and admitted * _MOST_BLOCKS < count * block:
            raise UsageError(
                f"Virtual patients: found {admitted} admitted among {block * BLOCK} candidates; the entry "
                "criteria admit next to nobody. Widen them."
            )
        candidates = _candidates(block, seed, given)
        pieces.append(candidates.take(np.flatnonzero(_admitted(candidates.baseline, admission, given))))
        admitted, block = admitted + len(pieces[-1]), block + 1
    return _joined(pieces or [_candidates(0, seed, given)], count, block * BLOCK)


def _joined(pieces: list[Patients], count: int, screened: int) -> Patients:
    def gather(name: str) -> Array:
        return np.concatenate([getattr(piece, name) for piece in pieces])[:count]

    baseline = {m: np.concatenate([p.baseline[m] for p in pieces])[:count] for m in MEASURES}
    number = np.concatenate([p.number for p in pieces])[:count]
    return Patients(baseline, gather("drive"), gather("damage"), gather("response"), number, screened)


def _candidates(block: int, seed: int, given: Parameters) -> Patients:
    first = block * BLOCK
    path = ("mechanism", "population", "patients")
    z = normals(seed, *path, count=BLOCK, width=3 + len(MEASURES), first=first)
    drive = z[:, 0]
    damage = _correlated(drive, z[:, 1], given["drive_damage"].number)
    response = _correlated(damage, z[:, 2], given["response_damage"].number)
    baseline = {name: _measure(name, drive, damage, z[:, 3 + j], given) for j, name in enumerate(MEASURES)}
    return Patients(baseline, drive, damage, response, np.arange(first, first + BLOCK), BLOCK)


def _correlated(known: Array, fresh: Array, r: float) -> Array:
    if not -1.0 <= r <= 1.0:
        raise UsageError(f"Virtual patients: found correlation {r:g}; expected a number from -1 to 1.")
    return np.asarray(r * known + np.sqrt(1.0 - r * r) * fresh)


def _measure(name: str, drive: Array, damage: Array, own: Array, given: Parameters) -> Array:
    a, b = given[f"{name}_drive"].number, given[f"{name}_damage"].number
    rest = 1.0 - a * a - b * b - 2.0 * a * b * given["drive_damage"].number
    if rest < 0.0:
        raise UsageError(
            f"{name}: found loadings {a:g} and {b:g}; expected that they leave a variance from 0."
        )
    worse = a * drive + b * damage + np.sqrt(rest) * own
    mean, sd = given[f"{name}_mean"].number, given[f"{name}_sd"].number
    if name == "ck":
        return np.asarray(np.exp(mean + sd * worse))
    scale = load_core_set()
    top, step = scale[f"{name}_top"].number, scale[f"{name}_step"].number
    value = mean - sd * worse if name == "mmt8" else mean + sd * worse
    return to_scale(value, step=step, low=0.0, high=top)


def _admitted(baseline: Mapping[str, Array], admission: str, given: Parameters) -> npt.NDArray[np.bool_]:
    if admission == "all":
        return np.ones(len(baseline["mmt8"]), dtype=bool)
    met = np.zeros(len(baseline["mmt8"]), dtype=int)
    for name in _OTHERS:
        cutoff = given[f"{name}_cutoff"].number
        above = baseline[name] > cutoff if name in ("extramuscular", "ck") else baseline[name] >= cutoff
        met += above
    weak = baseline["mmt8"] < given[f"mmt8_cutoff_{admission}"].number
    return np.asarray(weak & (met >= given["criteria_needed"].number))
