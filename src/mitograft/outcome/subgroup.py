"""Subgroup of a patient classified as idiopathic inflammatory myopathy (2017 EULAR/ACR tree).

Onset before 18 years: juvenile. Rash (heliotrope, Gottron papules or sign): dermatomyositis, amyopathic where
no weakness is recorded. No rash: inclusion body myositis with finger flexor weakness and poor response to
treatment, or with rimmed vacuoles; else polymyositis, immune-mediated necrotising myopathy included.

The whole tree is recalled, not read in the paper, and flagged in every result.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.outcome.classification import FINDINGS, RASH, UNDETERMINED, defaults, read_patients
from mitograft.outcome.items import common_shape, read_flags, read_numbers
from mitograft.outcome.three_valued import all_of, any_of
from mitograft.tables.parameters import Parameter, Parameters

__all__ = ["Subgroup", "subgroup_iim"]

_WEAKNESS = (
    "proximal_upper_weakness",
    "proximal_lower_weakness",
    "neck_flexors_weaker",
    "proximal_legs_weaker",
)


@dataclass(frozen=True, slots=True, eq=False)
class Subgroup:
    """The subgroup of each patient, to be read for cases only.

    Parameters
    ----------
    name
        Shape of the leading axes.
    flagged
        The recalled rows of the tree.
    """

    name: npt.NDArray[np.str_]
    flagged: tuple[Parameter, ...]


def subgroup_iim(
    onset_age: npt.ArrayLike,
    findings: npt.ArrayLike,
    finger_flexor_weakness: npt.ArrayLike,
    poor_treatment_response: npt.ArrayLike,
    *,
    parameters: Parameters | None = None,
) -> Subgroup:
    """Name the subgroup of patients already classified as IIM.

    Parameters
    ----------
    onset_age, findings
        As in ``classify_iim``; rimmed vacuoles are read whenever they are recorded.
    finger_flexor_weakness, poor_treatment_response
        Shape (...), 1, 0 or NaN.
    parameters
        ``defaults()``, possibly overridden.

    Returns
    -------
    Subgroup
        ``UNDETERMINED`` where the branch depends on something not recorded: without a biopsy, for example,
        inclusion body myositis is not ruled out and polymyositis is never named.

    Raises
    ------
    UsageError
        If a value is off its scale.
    """
    rules = defaults() if parameters is None else parameters
    age, found, _ = read_patients(onset_age, findings, biopsied=False)
    extra = [
        read_flags(name, ("value",), read_numbers(name, values)[..., None])[..., 0]
        for name, values in (
            ("Finger flexor weakness", finger_flexor_weakness),
            ("Poor response to treatment", poor_treatment_response),
        )
    ]
    shapes = {"finger_flexor_weakness": extra[0].shape, "poor_treatment_response": extra[1].shape}
    common_shape("IIM subgroup", findings=age.shape, **shapes)
    column = {name: found[..., i] for i, name in enumerate(FINDINGS)}
    adult = np.where(np.isnan(age), np.nan, age >= rules["onset_adult"].number)
    rash = any_of(*(column[name] for name in RASH))
    weak = any_of(*(column[name] for name in _WEAKNESS))
    inclusion_body = any_of(all_of(extra[0], extra[1]), column["rimmed_vacuoles"])
    branches = {
        "juvenile_rash": all_of(1 - adult, rash),
        "juvenile_no_rash": all_of(1 - adult, 1 - rash),
        "rash_weakness": all_of(adult, rash, weak),
        "rash_no_weakness": all_of(adult, rash, 1 - weak),
        "no_rash_inclusion_body": all_of(adult, 1 - rash, inclusion_body),
        "no_rash_other": all_of(adult, 1 - rash, 1 - inclusion_body),
    }
    choices = [np.array(rules[f"subgroup/{branch}"].value) for branch in branches]
    name = np.select([np.asarray(b == 1) for b in branches.values()], choices, default=np.array(UNDETERMINED))
    return Subgroup(name, rules.flagged([*(f"subgroup/{branch}" for branch in branches), "onset_adult"]))
