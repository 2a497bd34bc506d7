"""The words of the page on error rates; every figure on it is measured."""

__all__ = ["AFTERWORD", "FOREWORD", "SCENARIO_TEXTS", "SECTIONS"]

FOREWORD = """\
# How often each analysis is wrong

<!-- Made by tools/error_rates.py; do not edit. -->

A trial of nine patients is too small for the large-sample arguments behind most methods. Here every analysis
is tried at 9, 12 and 36 patients. *Type I error* is how often a true null hypothesis is rejected (claimed:
0.05 for a two-sided test, 0.025 for a one-sided one). *Coverage* is how often a 95 % interval holds the true
value.

Patients are counted over the whole trial: one arm of 9, 12 or 36; two arms of 5 + 4, 6 + 6 or 18 + 18; three
arms of 3, 4 or 12 each.

- Responders and events are **enumerated**: every possible outcome, weighted by its probability, over a grid
  of true rates. The figure is the worst of the grid, with the mean over the grid beside it. There is no Monte
  Carlo error.
- Everything else is **simulated**: {trials:,} trials from seed {seed}, fewer for slow analyses, as the tables
  say. *MC error* is the Monte Carlo standard error of a share that keeps its claim. The analyses of a
  scenario see the same trials.
- The **claim** is *exact* (the error cannot exceed the claim where the assumptions of the scenario hold),
  *conservative* or *approximate* (nothing is promised at any one size).
- **Bold**: wrong more often than claimed, by over three Monte Carlo standard errors (at all, where
  enumerated). ✗: and more than 1.5 times as often as claimed, the liberal limit of Bradley (1978); not to be
  trusted. What was beyond without ✗ was simulated again in fresh trials, and the second figure is shown:
  among so many, some are beyond by chance.
- *No answer*: the largest share of trials in which there was none. They count as not rejected, and are left
  out of the coverage. An interval with an infinite limit is an answer.

Few trials show only gross errors: with 120 trials, a test that rejects twice as often as claimed can pass. A
type I error far below the claim is no fault of validity, but such a test finds little.
"""

AFTERWORD = """\
## What this does not show

- Power. A test that never rejects is never wrong here.
- The distribution of the simulated Total Improvement Score is like that of ProDERM at its thresholds and
  assumed within them; correlations, dropout and spreads are assumed. They are rows of
  `statistics/error_rates/data/error_rates.csv`, with their citation.
- Choosing the analysis after seeing the data, several endpoints, patients unlike those of history. These
  errors come on top.
- Before the first event the Kaplan-Meier limits are 1 and 1. This is a convention, no certainty: read the
  Clopper-Pearson interval there.
- Two-stage and dose escalation designs have exact operating characteristics of their own, given with the
  design.
"""

SECTIONS = {
    "One arm: responders and events": ("responders, one arm", "events, one arm"),
    "One arm: values": ("values, one arm",),
    "One arm: time to response": ("times, one arm",),
    "Two arms: responders and events": ("responders, two arms", "events, two arms"),
    "Two arms: values": ("values, two arms",),
    "Two arms: ordered categories": ("categories, two arms",),
    "Two arms: repeated visits": ("visits, two arms",),
    "Two arms: time to response": ("times, two arms",),
    "Three arms: dose": ("responders, three arms", "values, three arms"),
    "Three arms: ordered categories": ("categories, three arms",),
}

SCENARIO_TEXTS = {
    "any response rate": "true response rates from 0.01 to 0.99 by 0.01.",
    "placebo as in history": "the treatment is placebo, and placebo responds as in ProDERM (21 of 48).",
    "placebo above history": "the treatment is placebo, and placebo responds in 10 more of 100 patients.",
    "equal response rates": "both arms respond alike, at rates from 0.01 to 0.99 by 0.01.",
    "any two response rates": "all pairs of response rates from 0.05 to 0.95 by 0.05.",
    "three equal response rates": "all arms respond alike, at rates from 0.01 to 0.99 by 0.01.",
    "any event rate": "0.1 to 1 events a patient by 0.1, Poisson.",
    "equal event rates": "the same in both arms.",
    "any two event rates": "all pairs of these rates.",
    "TIS of one arm": "Total Improvement Scores like those under IVIg in ProDERM: bounded, in steps of 2.5, "
    "with some zeros.",
    "normal, mean 0": "normal values with mean 0.",
    "normal, equal arms": "normal values, the same in both arms; correlation of 0.5 with baseline.",
    "TIS, equal arms": "scores like those under placebo in ProDERM in both arms; skewed, a fifth are 0.",
    "normal, unequal spread": "normal values of equal mean; standard deviation three times as large in the "
    "second, smaller arm.",
    "TIS, treated better": "scores like those under IVIg and under placebo in ProDERM.",
    "normal, three equal arms": "normal values, the same in all arms; correlation of 0.5 with baseline.",
    "TIS, three equal arms": "scores like those under placebo in ProDERM in all arms.",
    "categories, equal arms": "no, minimal, moderate or major improvement as under placebo in ProDERM.",
    "categories, treated better": "the same with a log odds ratio of 1.5 in the first arm.",
    "categories, three equal arms": "the same in three arms.",
    "visits, normal": "four visits, normal, correlation 0.6 between neighbours, spread growing 1.6 fold; 15 "
    "percent miss the last visit, the likelier the lower the last value.",
    "visits, TIS": "the same dependence and dropout with scores like those under placebo.",
    "times, one arm": "exponential time to response, 21 of 48 by week 16; followed for 24 weeks, 15 % leave.",
    "times at visits, one arm": "the same, seen at visits every four weeks only.",
    "times, equal arms": "the same times in both arms.",
    "times at visits, equal arms": "the same, seen at visits every four weeks only.",
}
