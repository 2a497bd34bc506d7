r"""Shapes of dose response, ``f(d) = E0 + E1 g(d)``, and what they need to be told apart.

====================  ===================================================  ==========================
shape                 ``g(d)``                                              parameters of ``g``
====================  ===================================================  ==========================
linear                ``d``
linlog                ``log(d + offset)``
quadratic             ``d + delta d^2`` (fitted as ``b1 d + b2 d^2``)       delta
emax                  ``d / (ED50 + d)``                                    ED50
exponential           ``exp(d / delta) - 1``                                delta
sigEmax               ``d^h / (ED50^h + d^h)``                              ED50, h
logistic              ``1 / (1 + exp((ED50 - d) / delta))``                 ED50, delta
betaMod               ``B (d / scale)^a (1 - d / scale)^b``                 a, b
====================  ===================================================  ==========================

``B`` makes the highest value of betaMod 1. For the contrast test the parameters of ``g`` are guessed before
the trial; for the model they are estimated. A model with more parameters than doses cannot be fitted: two
active doses and placebo allow three. Of those with three (quadratic, emax, exponential) each then goes
through all three means wherever its bounds allow, so that data can never choose between them.

Sources: Bretz, Pinheiro and Branson, Biometrics 2005;61:738 (table 1); Bornkamp, Pinheiro and Bretz, J Stat
Softw 2009;29(7).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = [
    "SHAPES",
    "Candidate",
    "DoseRange",
    "Shape",
    "defaults",
    "describe_distinguishable",
    "find_shape",
    "guess_ed50",
]

_ALIKE = 1e-9


@dataclass(frozen=True, slots=True)
class DoseRange:
    """What shapes need to know of the doses: the highest, and the fixed constants of linlog and betaMod."""

    highest: float
    offset: float
    scale: float

    @classmethod
    def of(
        cls, doses: Sequence[float] | Array, *, offset: float | None = None, scale: float | None = None
    ) -> "DoseRange":
        """Take the range of these doses; constants not given follow the highest dose (``mcp_mod.csv``).

        Raises
        ------
        UsageError
            If a dose is negative or missing, none is above 0, or a constant does not suit the doses.
        """
        numbers = np.asarray(doses, dtype=float)
        if (
            numbers.size == 0
            or not np.all(np.isfinite(numbers))
            or numbers.min() < 0.0
            or numbers.max() == 0.0
        ):
            raise UsageError(
                "Doses: found a missing or negative one, or none above 0; expected doses from 0 upwards."
            )
        top, known = float(numbers.max()), defaults()
        found = cls(
            top,
            known["offset"].number * top if offset is None else offset,
            known["scale"].number * top if scale is None else scale,
        )
        if not (math.isfinite(found.offset) and found.offset > 0.0):
            raise UsageError(f"Offset of linlog: found {offset}; expected a dose above 0.")
        if not (math.isfinite(found.scale) and found.scale > top):
            raise UsageError(f"Scale of betaMod: found {scale}; expected more than the highest dose.")
        return found


@dataclass(frozen=True, slots=True)
class Shape:
    """One form of dose response.

    Parameters
    ----------
    name, symbols
        Name of the shape and of the parameters of ``g``.
    g
        ``g(dose, range, *parameters)``, element by element over arrays that broadcast.
    bounds
        Rows of ``mcp_mod.csv`` with the limits of each parameter, and whether they are shares of the highest
        dose. Empty for quadratic, which is linear in its coefficients.
    peak
        ``peak(range, *parameters)``: dose of the largest effect if not at an end; None for monotone shapes.
    """

    name: str
    symbols: tuple[str, ...]
    g: Callable[..., Any]
    bounds: tuple[tuple[str, str, bool], ...] = ()
    peak: Callable[..., Any] | None = None

    @property
    def parameters(self) -> int:
        """Parameters of the model, ``E0`` and ``E1`` included: so many different doses a fit needs."""
        return 2 + len(self.symbols)

    def limits(self, within: DoseRange) -> tuple[tuple[float, float], ...]:
        """Return the default limits of the parameters of ``g``."""
        known = defaults()
        return tuple(
            (known[low].number * (size := within.highest if scaled else 1.0), known[high].number * size)
            for low, high, scaled in self.bounds
        )


def _sig_emax(dose: Any, _within: DoseRange, ed50: Any, hill: Any) -> Any:
    # The ratio first: the powers themselves may overflow.
    with np.errstate(divide="ignore", over="ignore"):
        return np.where(dose == 0.0, 0.0, 1.0 / (1.0 + (ed50 / np.where(dose == 0.0, 1.0, dose)) ** hill))


def _logistic(dose: Any, _within: DoseRange, ed50: Any, delta: Any) -> Any:
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp((ed50 - dose) / delta))


def _beta_mod(dose: Any, within: DoseRange, a: Any, b: Any) -> Any:
    x = dose / within.scale
    highest = (a / (a + b)) ** a * (b / (a + b)) ** b
    return x**a * (1.0 - x) ** b / highest


_ED50 = ("ed50_low", "ed50_high", True)

SHAPES: dict[str, Shape] = {
    shape.name: shape
    for shape in (
        Shape("linear", (), lambda dose, _within: dose * 1.0),
        Shape("linlog", (), lambda dose, within: np.log(dose + within.offset)),
        Shape(
            "quadratic",
            ("delta",),
            lambda dose, _within, delta: dose + delta * dose**2,
            peak=lambda _within, delta: -0.5 / np.where(delta == 0.0, -_ALIKE, delta),
        ),
        Shape("emax", ("ed50",), lambda dose, _within, ed50: dose / (ed50 + dose), (_ED50,)),
        Shape(
            "exponential",
            ("delta",),
            lambda dose, _within, delta: np.expm1(dose / delta),
            (("exponential_low", "exponential_high", True),),
        ),
        Shape("sigEmax", ("ed50", "h"), _sig_emax, (_ED50, ("hill_low", "hill_high", False))),
        Shape("logistic", ("ed50", "delta"), _logistic, (_ED50, ("logistic_low", "logistic_high", True))),
        Shape(
            "betaMod",
            ("a", "b"),
            _beta_mod,
            (("power_low", "power_high", False),) * 2,
            peak=lambda within, a, b: within.scale * a / (a + b),
        ),
    )
}
"""Every shape by name."""


@cache
def defaults() -> Parameters:
    """Return the default constants and bounds with their sources (``data/mcp_mod.csv``)."""
    return load_parameters("mitograft.statistics.mcp_mod", "mcp_mod.csv")


def find_shape(name: str) -> Shape:
    """Return a shape by name.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    if name not in SHAPES:
        raise UsageError(f"Shape of dose response: found {name!r}; expected one of {', '.join(SHAPES)}.")
    return SHAPES[name]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A shape with the parameters of ``g`` guessed before the trial.

    Parameters
    ----------
    shape
        Name of a shape.
    guess
        One number for each parameter of ``g``, in units of dose where it is a dose (``1/dose`` for the
        ``delta`` of quadratic).
    name
        Name in results; the shape with its guess unless given.

    >>> Candidate("emax", (0.05,)).label, Candidate("linear").label
    ('emax(0.05)', 'linear')
    """

    shape: str
    guess: tuple[float, ...] = ()
    name: str = ""

    @property
    def label(self) -> str:
        """The name in results."""
        values = ", ".join(f"{value:g}" for value in self.guess)
        return self.name or (f"{self.shape}({values})" if values else self.shape)

    def values(self, doses: Array, within: DoseRange) -> Array:
        """Return ``g`` at the doses.

        Raises
        ------
        UsageError
            If the guess does not suit the shape, or the shape is flat at these doses.
        """
        shape = find_shape(self.shape)
        if len(self.guess) != len(shape.symbols):
            raise UsageError(
                f"Candidate {self.label}: found {len(self.guess)} guessed parameters; expected "
                f"{len(shape.symbols)} ({', '.join(shape.symbols) or 'none'})."
            )
        positive = self.shape == "quadratic" or all(value > 0.0 for value in self.guess)
        if not positive or not all(math.isfinite(value) for value in self.guess):
            raise UsageError(
                f"Candidate {self.label}: found a guess that is not above 0; expected positive ones."
            )
        with np.errstate(over="ignore"):
            found = np.asarray(shape.g(np.asarray(doses, dtype=float), within, *self.guess), dtype=float)
        if not np.all(np.isfinite(found)):
            raise UsageError(
                f"Candidate {self.label}: the guess makes the curve overflow. Guess a larger dose."
            )
        if np.ptp(found) <= _ALIKE * max(1e-300, float(np.abs(found).max())):
            raise UsageError(
                f"Candidate {self.label}: found a flat line at these doses; expected a shape that changes."
            )
        return found


def guess_ed50(dose: float, share: float) -> float:
    """Return the ED50 of emax for which ``dose`` has this share of the largest possible effect.

    Solves ``share = d / (ED50 + d)``.

    Raises
    ------
    UsageError
        If the dose is not above 0 or the share not between 0 and 1.

    >>> guess_ed50(300, 0.75)
    100.0
    """
    if not (dose > 0.0 and 0.0 < share < 1.0):
        raise UsageError(
            f"Guess for emax: found dose {dose:g} with share {share:g}; expected a dose above 0 and a share "
            "between 0 and 1."
        )
    return dose * (1.0 - share) / share


def describe_distinguishable(doses: Sequence[float] | Array) -> str:
    """Say in one sentence which shapes these doses can fit, and which they can tell apart.

    >>> print(describe_distinguishable([0, 300, 600]))  # doctest: +NORMALIZE_WHITESPACE
    3 doses: linear, linlog can be fitted and checked; quadratic, emax, exponential go through all means where
    their bounds allow, and the data cannot choose between them; sigEmax, logistic, betaMod need more doses.
    """
    count = len(np.unique(np.asarray(doses, dtype=float)))
    parts = []
    for names, words in (
        ([n for n, s in SHAPES.items() if s.parameters < count], "can be fitted and checked"),
        (
            [n for n, s in SHAPES.items() if s.parameters == count],
            "go through all means where their bounds allow, and the data cannot choose between them",
        ),
        ([n for n, s in SHAPES.items() if s.parameters > count], "need more doses"),
    ):
        if names:
            parts.append(f"{', '.join(names)} {words}")
    return f"{count} doses: {'; '.join(parts)}."
