"""Choose between four and five parameters, and say why.

The fifth parameter is kept only where the data determine it (it lies within its bounds) and where it pays:
by Akaike's criterion with the small-sample term (Hurvich and Tsai, Biometrika 1989;76:297), or by the F test
of nested models. Otherwise the four-parameter curve stands, with the reason in one sentence.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mitograft.errors import UsageError
from mitograft.statistics.curve_model import Scale
from mitograft.statistics.curves import CurveFit, NoCurve, fit_curve

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["CurveChoice", "choose_curve", "extra_parameter_p"]

Criterion = Literal["aicc", "f"]


@dataclass(frozen=True, slots=True)
class CurveChoice:
    """The chosen curve (or ``NoCurve``), the reason in one sentence, and both candidates."""

    fit: CurveFit | NoCurve
    reason: str
    four: CurveFit | NoCurve
    five: CurveFit | NoCurve


def choose_curve(
    x: "ArrayLike",
    y: "ArrayLike",
    *,
    scale: Scale = "linear",
    weights: "ArrayLike | None" = None,
    g_bounds: tuple[float, float] = (0.1, 10.0),
    criterion: Criterion = "aicc",
    alpha: float = 0.05,
) -> CurveChoice:
    """Fit both curves and choose one (arguments as in ``fit_curve``; ``alpha`` for the F test only).

    Raises
    ------
    UsageError
        As ``fit_curve``, or if the criterion is unknown.
    """
    if criterion not in ("aicc", "f"):
        raise UsageError(f"choose_curve: found the criterion {criterion!r}; expected aicc or f.")
    four = fit_curve(x, y, scale=scale, weights=weights)
    five = fit_curve(x, y, parameters=5, scale=scale, weights=weights, g_bounds=g_bounds)
    if isinstance(four, NoCurve):
        # Five parameters ask more of the data than four: where four fail, five are no way out.
        return CurveChoice(four, four.reason, four, five)
    if isinstance(five, NoCurve):
        return CurveChoice(four, f"4 parameters: with 5, {_lower(five.reason)}", four, five)
    if five.at_bound:
        reason = (
            f"4 parameters: with 5, the asymmetry runs to its bound g = {five.curve.g:.3g}, so that the data "
            f"do not determine it (RSS {five.rss:.4g} against {four.rss:.4g})."
        )
        return CurveChoice(four, reason, four, five)
    better, comparison = _compare(four, five, criterion, alpha)
    return CurveChoice(
        five if better else four, f"{5 if better else 4} parameters: {comparison}.", four, five
    )


def extra_parameter_p(four: CurveFit, five: CurveFit) -> float:
    """Return the p-value of the F test that the asymmetry is 1."""
    from scipy.stats import f as f_distribution

    if five.rss <= 0:
        return 0.0 if four.rss > 0 else 1.0
    return float(f_distribution.sf(max(four.rss - five.rss, 0.0) / (five.rss / five.df), 1, five.df))


def _compare(four: CurveFit, five: CurveFit, criterion: Criterion, alpha: float) -> tuple[bool, str]:
    if criterion == "f":
        p = extra_parameter_p(four, five)
        return p <= alpha, f"the F test of the asymmetry gives p = {p:.2g} (at most {alpha:g} asked for)"
    words = f"AICc is {four.aicc:.2f} with 4 and {five.aicc:.2f} with 5"
    return five.aicc < four.aicc, words


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
