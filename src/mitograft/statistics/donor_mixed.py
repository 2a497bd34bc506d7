r"""Compare two groups by a mixed model of the replicates, as the alternative to donor means.

For replicate ``k`` of donor ``i`` in group ``g`` (on the log scale, of its logarithm)::

    y_igk = mean + difference x_g + u_i + w_ig + e_igk,     x = 1/2 (first), -1/2 (second)

``u`` is the donor, ``w`` the donor's own response to the group (present where a donor stands in both groups;
otherwise ``u`` takes its place). ``w`` is what keeps wells from counting as independent replicates of the
treatment: a random intercept alone is pseudo-replication. In balanced data the result is that of the t test
on donor means; it differs where the numbers of replicates differ, or where some donors stand in one group
only. Degrees of freedom after Satterthwaite (``mixed.py``).

Where the variance of ``w`` (or of ``u``, if it takes its place) is estimated as 0, the model would rest on
wells alone; it is then refused, and donor means remain.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from mitograft.errors import UsageError
from mitograft.statistics.donor_comparison import DonorComparison, Scale, compare_donors
from mitograft.statistics.mixed import MixedFit, RandomTerm, fit_mixed

__all__ = ["METHOD", "compare_mixed"]

METHOD = "mixed model of replicates, random donor and response of the donor, Satterthwaite df"
_NESTED = "mixed model of replicates, random donor, Satterthwaite df"
_RESPONSE = "response of the donor"
_NAN = math.nan


def compare_mixed(
    values: Sequence[float],
    donors: Sequence[str],
    groups: Sequence[str],
    *,
    first: str,
    second: str,
    scale: Scale = "difference",
    replicate_unit: str = "well",
) -> DonorComparison:
    """Compare two groups, first minus second, by a mixed model of the replicates.

    Parameters, result and errors as ``compare_donors``: data that allow no such model return with
    ``refused``. ``n_first`` and ``n_second`` count donors.
    """
    by_means = compare_donors(
        values, donors, groups, first=first, second=second, scale=scale, replicate_unit=replicate_unit
    )
    rows = sorted(
        (str(donor), group, float(value))
        for value, donor, group in zip(values, donors, groups, strict=True)
        if group in (first, second) and not math.isnan(value)
    )  # the order in which the wells came leaves not even a trace of rounding
    own = ({d for d, g, _ in rows if g == name} for name in (first, second))
    counts = tuple(map(len, own))

    def refuse(reason: str) -> DonorComparison:
        return replace(
            by_means, estimate=_NAN, low=_NAN, high=_NAN, se=_NAN, df=_NAN, p=_NAN, p_permutation=_NAN,
            n_first=counts[0], n_second=counts[1], paired=False, method="none", refused=reason,
        )  # fmt: skip

    if by_means.refused:
        return refuse(by_means.refused)
    if scale == "log ratio" and any(value <= 0.0 for _, _, value in rows):
        return refuse(f"A {replicate_unit} of 0 or below has no logarithm; donor means are above 0.")
    shared = {d for d, g, _ in rows if g == first} & {d for d, g, _ in rows if g == second}
    try:
        fit = _fit(rows, first, scale, shared=bool(shared))
    except UsageError as error:  # no variation left to estimate: an outcome, not a mistake
        return refuse(str(error))
    reason = _unusable(fit, _RESPONSE if shared else "donor", replicate_unit)
    if reason:
        return refuse(reason)
    found = fit.contrast("difference", level=by_means.level)
    note = by_means.unit_note.partition(", averaged within")[0] + ", nested in donors."
    return replace(
        by_means, estimate=found.estimate, low=found.low, high=found.high, se=found.se, df=found.df,
        p=found.p, p_permutation=_NAN, n_first=counts[0], n_second=counts[1], paired=False,
        method=METHOD if shared else _NESTED, unit_note=f"{note} {fit.note}".strip(),
    )  # fmt: skip


def _fit(rows: Sequence[tuple[str, str, float]], first: str, scale: Scale, *, shared: bool) -> MixedFit:
    y = [math.log(value) if scale == "log ratio" else value for _, _, value in rows]
    design = [[1.0, 0.5 if group == first else -0.5] for _, group, _ in rows]
    terms = [RandomTerm("donor", [donor for donor, _, _ in rows])]
    if shared:
        terms.append(RandomTerm(_RESPONSE, [(donor, group) for donor, group, _ in rows]))
    return fit_mixed(y, design, terms, names=("mean", "difference"))


def _unusable(fit: MixedFit, term: str, unit: str) -> str:
    if not fit.converged:
        return "The mixed model did not reach the maximum of its likelihood."
    if any(part.at_zero for part in fit.components if part.name == term):
        what = "between donors" if term == "donor" else "of the effect between donors"
        return f"The variation {what} is estimated as 0, so that the model would count {unit}s as donors."
    return ""
