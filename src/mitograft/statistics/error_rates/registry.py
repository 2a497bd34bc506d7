"""The register of analyses: what each estimates, what it claims, where it is tried, what to use instead.

``kind`` is the claim: *exact* (from the distribution itself: the error cannot exceed the claim where the
assumptions hold), *conservative* (bounded by the claim through an inequality) or *approximate* (a
large-sample argument, or a posterior: no claim at any one size). ``holds_in`` names the scenarios whose
assumptions the claim needs; in all others the analysis is approximate.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from mitograft.statistics.error_rates import course_analyses as course
from mitograft.statistics.error_rates import dose_analyses as dose
from mitograft.statistics.error_rates import pair_analyses as pairs
from mitograft.statistics.error_rates import response_analyses as response
from mitograft.statistics.error_rates import value_analyses as value
from mitograft.statistics.error_rates.designs import Answer, Design, Kind

__all__ = ["ANALYSES", "Analysis", "analyses_of"]


@dataclass(frozen=True, slots=True)
class Analysis:
    """One analysis of the register.

    Parameters
    ----------
    name
        In words.
    estimates
        What the p value or the interval is about.
    design
        Data it needs.
    kind
        What it claims.
    analyse
        ``(data, level) -> Answer``.
    truth
        Name of the true value the interval should hold; empty where there is no interval to judge.
    null
        Value of the null hypothesis, where rejecting is read from the interval.
    holds_in
        Scenarios in which the claim holds; None for all.
    sides
        1 where only a better result than the null hypothesis is rejected, at half the error.
    share
        One of how many trials it is tried in (slow ones in fewer).
    tried_in
        Scenarios it is tried in; None for all of its data.
    instead
        What to use where it may not be trusted; empty where it may.
    """

    name: str
    estimates: str
    design: Design
    kind: Kind
    analyse: Callable[[Any, float], Answer]
    truth: str = ""
    null: float | None = None
    holds_in: tuple[str, ...] | None = None
    sides: Literal[1, 2] = 2
    share: int = 1
    tried_in: tuple[str, ...] | None = None
    instead: str = ""

    def kind_in(self, scenario: str) -> Kind:
        """Return what is claimed in a scenario."""
        return self.kind if self.holds_in is None or scenario in self.holds_in else "approximate"


_NORMAL = ("normal, mean 0",)
_EQUAL = ("normal, equal arms", "TIS, equal arms")
_EXACT_TWO = "Boschloo's test for the p value"
_NEAREST = "Boschloo's test for the p value; of these intervals Miettinen-Nurminen is nearest to its claim"
_RANKS = "exact rank-sum test"
_KR = "Kenward-Roger with unstructured covariance; at n = 9 an exact rank-sum test at one visit"

_ONE_ARM: tuple[Analysis, ...] = (
    Analysis(
        "Clopper-Pearson interval", "response rate", "responders, one arm", "exact",
        response.clopper_pearson_of, "rate",
    ),
    Analysis(
        "Wilson interval", "response rate", "responders, one arm", "approximate", response.wilson_of, "rate",
        instead="Clopper-Pearson interval",
    ),
    Analysis(
        "Jeffreys interval", "response rate", "responders, one arm", "approximate", response.jeffreys_of,
        "rate", instead="Clopper-Pearson interval",
    ),
    Analysis(
        "Binomial test against a fixed placebo rate", "response rate above placebo", "responders, one arm",
        "exact", response.exceeds_placebo_of, holds_in=("placebo as in history",), sides=1,
        instead="a control arm; no test of a single arm knows the placebo rate of its own patients",
    ),
    Analysis(
        "Posterior probability above historical placebo", "response rate above placebo",
        "responders, one arm", "approximate", response.exceeds_history_of, sides=1,
        instead="a control arm, or history discounted for its differences",
    ),
    Analysis(
        "Garwood interval", "events a patient", "events, one arm", "exact", response.poisson_rate_of, "rate",
    ),
    Analysis(
        "Mean with t interval", "mean", "values, one arm", "exact", value.mean_of, "mean", 0.0, _NORMAL,
        instead="median with the interval between order statistics",
    ),
    Analysis(
        "Median between order statistics", "median", "values, one arm", "exact", value.median_of, "median",
        0.0,
    ),
    Analysis(
        "Three looks, O'Brien-Fleming, t test by p value", "mean", "values, one arm", "approximate",
        value.looks_obrien_fleming_of, instead="one look, at the end",
    ),
    Analysis(
        "Three looks, Pocock, t test by p value", "mean", "values, one arm", "approximate",
        value.looks_pocock_of, instead="one look, at the end",
    ),
    Analysis(
        "Kaplan-Meier interval, log(-log)", "share without response at a week", "times, one arm",
        "approximate", course.kaplan_meier_of, "share without",
        instead="Clopper-Pearson interval of the responders by that week, if nobody left before it",
    ),
)  # fmt: skip

_TWO_ARMS: tuple[Analysis, ...] = (
    Analysis(
        "Newcombe interval", "difference of response rates", "responders, two arms", "approximate",
        response.newcombe_of, "difference", 0.0, instead=_NEAREST,
    ),
    Analysis(
        "Miettinen-Nurminen interval", "difference of response rates", "responders, two arms", "approximate",
        response.miettinen_nurminen_of, "difference", 0.0, instead=_NEAREST,
    ),
    Analysis(
        "Posterior interval, Jeffreys priors", "difference of response rates", "responders, two arms",
        "approximate", response.posterior_difference_of, "difference", 0.0, instead=_NEAREST,
    ),
    Analysis(
        "Fisher's exact test", "equal response rates", "responders, two arms", "exact", response.fisher_of,
    ),
    Analysis(
        "Boschloo's exact test", "equal response rates", "responders, two arms", "exact",
        response.boschloo_of,
    ),
    Analysis(
        "Chi-squared test, 2 x 2", "equal response rates", "responders, two arms", "approximate",
        response.chi_squared_of, instead=_EXACT_TWO,
    ),
    Analysis(
        "Conditional comparison of rates", "ratio of event rates", "events, two arms", "exact",
        response.compare_rates_of, "ratio", 1.0,
    ),
    Analysis(
        "ANCOVA, difference", "difference of means", "values, two arms", "exact", value.ancova_of,
        "difference", 0.0, _EQUAL[:1], instead=_RANKS,
    ),
    Analysis(
        "Welch t test", "difference of means", "values, two arms", "approximate", value.welch_of,
        "difference", 0.0, instead=_RANKS,
    ),
    Analysis(
        "Rank-sum test, exact permutation", "equal distributions", "values, two arms", "exact",
        value.rank_sum_of, holds_in=_EQUAL,
        instead="nothing exact exists where arms differ in spread: read it as a test of equal distributions",
    ),
    Analysis(
        "Probabilistic index interval", "probability of a higher value", "values, two arms", "approximate",
        value.probabilistic_index_of, "index", 0.5, share=4, instead="exact rank-sum test for the p value",
    ),
    Analysis(
        "Brunner-Munzel test", "probabilistic index of 1/2", "values, two arms", "approximate",
        value.brunner_munzel_of, instead=_RANKS,
    ),
    Analysis(
        "Net benefit, interval of the exact test", "wins less losses", "values, two arms", "approximate",
        pairs.net_benefit_of, "net benefit", 0.0, share=8, instead=_RANKS + " for the p value",
    ),
    Analysis(
        "Net benefit, large-sample interval", "wins less losses", "values, two arms", "approximate",
        pairs.net_benefit_large_sample_of, "net benefit", 0.0, share=8,
        instead="net benefit with the interval of the exact test",
    ),
    Analysis(
        "Proportional odds, likelihood ratio", "common odds ratio", "categories, two arms", "approximate",
        value.proportional_odds_of, "log odds ratio", 0.0, share=6, instead=_RANKS + " of the categories",
    ),
    Analysis(
        "Rank-sum test of categories, exact permutation", "equal distributions", "categories, two arms",
        "exact", value.rank_sum_of, holds_in=("categories, equal arms",),
    ),
    Analysis(
        "MMRM unstructured or fallback, Satterthwaite", "difference at the last visit", "visits, two arms",
        "approximate", course.mmrm_satterthwaite_of, "difference", 0.0, share=4, instead=_KR,
    ),
    Analysis(
        "MMRM unstructured or fallback, Kenward-Roger", "difference at the last visit", "visits, two arms",
        "approximate", course.mmrm_kenward_roger_of, "difference", 0.0, share=4,
        instead="exact rank-sum test at one visit",
    ),
    Analysis(
        "MMRM compound symmetry, Satterthwaite", "difference at the last visit", "visits, two arms",
        "approximate", course.mmrm_symmetric_of, "difference", 0.0, share=4, instead=_KR,
    ),
    Analysis(
        "MMRM compound symmetry, Kenward-Roger", "difference at the last visit", "visits, two arms",
        "approximate", course.mmrm_symmetric_kenward_roger_of, "difference", 0.0, share=4, instead=_KR,
    ),
    Analysis(
        "Jump to reference, jackknife", "difference at the last visit", "visits, two arms", "approximate",
        course.jump_to_reference_of, "difference", 0.0, share=20, tried_in=("visits, normal",), instead=_KR,
    ),
    Analysis(
        "Wins by earlier response, exact permutation", "equal curves", "times, two arms", "exact",
        pairs.wins_of_times_of, share=2,
    ),
    Analysis(
        "Log-rank test", "equal curves", "times, two arms", "approximate", course.log_rank_of,
        instead="exact permutation test of wins by earlier response",
    ),
)  # fmt: skip

_THREE_ARMS: tuple[Analysis, ...] = (
    Analysis(
        "Cochran-Armitage trend, exact conditional", "trend of response over doses",
        "responders, three arms", "exact", response.dose_trend_of,
    ),
    Analysis(
        "ANCOVA, F test of three arms", "equal means", "values, three arms", "exact", value.ancova_term_of,
        holds_in=("normal, three equal arms",), instead="exact Kruskal-Wallis test",
    ),
    Analysis(
        "ANCOVA, linear trend", "slope over doses", "values, three arms", "exact", value.ancova_slope_of,
        holds_in=("normal, three equal arms",), null=0.0, instead="exact Jonckheere-Terpstra test",
    ),
    Analysis(
        "One-way analysis of variance", "equal means", "values, three arms", "exact", value.one_way_of,
        holds_in=("normal, three equal arms",), instead="exact Kruskal-Wallis test",
    ),
    Analysis(
        "Kruskal-Wallis test, exact", "equal distributions", "values, three arms", "exact", value.kruskal_of,
        share=12,
    ),
    Analysis(
        "Jonckheere-Terpstra trend, exact", "equal distributions", "values, three arms", "exact",
        value.jonckheere_of, share=12,
    ),
    Analysis(
        "MCP-Mod contrast test", "no response to dose", "values, three arms", "exact", dose.contrast_test_of,
        holds_in=("normal, three equal arms",), sides=1, share=2,
        instead="the same contrasts by permutation, or the exact Jonckheere-Terpstra test",
    ),
    Analysis(
        "MCP-Mod contrasts by permutation", "no response to dose", "values, three arms", "exact",
        dose.permuted_contrast_test_of, sides=1, share=24, tried_in=("TIS, three equal arms",),
    ),
    Analysis(
        "Fisher's exact test, 3 x 4", "equal distributions", "categories, three arms", "exact",
        value.fisher_table_of,
    ),
    Analysis(
        "Chi-squared test, 3 x 4", "equal distributions", "categories, three arms", "approximate",
        value.chi_squared_table_of, instead="Fisher's exact test of the table",
    ),
    Analysis(
        "Row mean scores", "equal mean scores", "categories, three arms", "approximate",
        value.row_mean_scores_of, instead="exact Kruskal-Wallis test",
    ),
    Analysis(
        "General association", "equal distributions", "categories, three arms", "approximate",
        value.general_association_of, instead="Fisher's exact test of the table",
    ),
)  # fmt: skip

ANALYSES = (*_ONE_ARM, *_TWO_ARMS, *_THREE_ARMS)


def analyses_of(design: Design, scenario: str | None = None) -> tuple[Analysis, ...]:
    """Return the analyses of one kind of data, or those of them that are tried in a scenario."""
    return tuple(
        analysis
        for analysis in ANALYSES
        if analysis.design == design
        and (scenario is None or analysis.tried_in is None or scenario in analysis.tried_in)
    )
