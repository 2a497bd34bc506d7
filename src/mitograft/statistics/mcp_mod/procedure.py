r"""MCP-Mod from end to end: test, models of the significant shapes, one dose.

1. Multiple contrast test over all candidates (``contrast_test.py``).
2. Only if it is significant: a model of each significant shape that the doses can fit (``fit.py``).
3. The model with the smallest AIC, and an average by AIC (``choice.py``).
4. The dose with the wanted effect (``target.py``).

Without a significant contrast no model and no dose is given: that is the answer, not a failure. Intervals
of the dose take the choice of the model as given and are too narrow by that much.

Source: Bretz, Pinheiro and Branson, Biometrics 2005;61:738, section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mitograft.errors import UsageError
from mitograft.statistics.mcp_mod.choice import (
    Criterion,
    ModelAverage,
    ModelChoice,
    average_fits,
    choose_fit,
)
from mitograft.statistics.mcp_mod.contrast_test import MultipleContrastTest, multiple_contrast_test
from mitograft.statistics.mcp_mod.fit import ShapeFit, fit_shape
from mitograft.statistics.mcp_mod.means import DoseMeans
from mitograft.statistics.mcp_mod.shapes import Candidate, DoseRange, find_shape
from mitograft.statistics.mcp_mod.target import Direction, TargetDose, target_dose

__all__ = ["McpMod", "mcp_mod"]


@dataclass(frozen=True, eq=False)
class McpMod:
    """Result of the whole procedure.

    ``fits`` holds one fit for each significant shape; ``choice``, ``average`` and the doses are None without.
    ``target`` is the dose of the chosen model, ``average_target`` that of the average.
    """

    test: MultipleContrastTest
    fits: tuple[ShapeFit, ...]
    choice: ModelChoice | None
    average: ModelAverage | None
    target: TargetDose | None
    average_target: TargetDose | None
    note: str


def mcp_mod(
    means: DoseMeans,
    candidates: Sequence[Candidate],
    delta: float,
    *,
    direction: Direction = "increase",
    alpha: float | None = None,
    criterion: Criterion = "aic",
    within: DoseRange | None = None,
) -> McpMod:
    """Test for a dose response and, if there is one, estimate the dose with an effect of ``delta``.

    Parameters
    ----------
    means
        From ``dose_means`` or ``given_means``.
    candidates
        Shapes with guessed parameters, fixed before the trial.
    delta
        The effect wanted, above 0, against the lowest dose studied.
    direction
        Whether the wanted effect is a rise or a fall.
    alpha, criterion, within
        As in ``multiple_contrast_test`` and ``choose_fit``.

    Raises
    ------
    UsageError
        If the candidates do not suit the doses, or ``delta``, direction or criterion are not usable.
    """
    if not delta > 0.0:
        raise UsageError(f"Target effect: found {delta}; expected a number above 0.")
    test = multiple_contrast_test(means, candidates, alternative=direction, alpha=alpha, within=within)
    shapes = list(dict.fromkeys(candidate.shape for candidate in test.significant))
    fitted = [name for name in shapes if find_shape(name).parameters <= means.doses.size]
    too_many = [name for name in shapes if name not in fitted]
    notes = [test.note] if test.note else []
    if not shapes and not test.note:
        notes.append("no candidate is significant: no dose response is claimed, and no dose is estimated")
    if too_many:
        notes.append(f"{', '.join(too_many)}: more parameters than doses, not fitted")
    fits = tuple(fit_shape(means, name, within=within) for name in fitted)
    if not fits:
        return McpMod(test, (), None, None, None, None, "; ".join(notes))
    choice, average = choose_fit(fits, criterion=criterion), average_fits(fits, criterion=criterion)
    lowest = float(means.doses[0])
    target = None if choice.fit is None else target_dose(
        choice.fit, delta, direction=direction, reference=lowest
    )  # fmt: skip
    other = None if average is None else average.target_dose(delta, direction=direction, reference=lowest)
    return McpMod(test, fits, choice, average, target, other, "; ".join(notes))
