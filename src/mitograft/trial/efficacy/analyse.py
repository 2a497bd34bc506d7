"""The efficacy analysis of a trial as one readable function: estimands, events, values, estimates, tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mitograft.errors import UsageError
from mitograft.evidence import DataKind, Evidence
from mitograft.tables.parameters import Parameter, Parameters
from mitograft.trial.dataset import Datasets
from mitograft.trial.efficacy.controlled import compare_with_control
from mitograft.trial.efficacy.estimand import Estimand, default_estimands
from mitograft.trial.efficacy.estimate import Estimate, adjust_primary, as_evidence
from mitograft.trial.efficacy.intercurrent import Intercurrent, find_intercurrent, load_efficacy_settings
from mitograft.trial.efficacy.outcomes import Outcomes, derive_outcomes
from mitograft.trial.efficacy.single_arm import describe_arms, describe_trend
from mitograft.trial.efficacy.tables import estimand_table, intercurrent_table
from mitograft.trial.protocol import Protocol
from mitograft.trial.summary.result import Result

__all__ = ["Analysed", "Efficacy", "analyse_efficacy"]


@dataclass(frozen=True, eq=False)
class Analysed:
    """One estimand with its values and estimates."""

    estimand: Estimand
    outcomes: Outcomes
    estimates: tuple[Estimate, ...]


@dataclass(frozen=True, eq=False)
class Efficacy:
    """The efficacy analysis of a trial.

    Parameters
    ----------
    analysed
        Every estimand, in the order declared.
    events
        Intercurrent events of the treated.
    tables
        One table for each estimand, and the intercurrent events.
    evidence
        Every estimate, under the name of its estimand.
    controlled
        Whether there is a control arm.
    settings
        Rules used.
    """

    analysed: tuple[Analysed, ...]
    events: Intercurrent
    tables: tuple[Result, ...]
    evidence: tuple[Evidence, ...]
    controlled: bool
    settings: Parameters

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the unconfirmed rules."""
        return self.settings.flagged()


def analyse_efficacy(
    data: Datasets,
    collected: Datasets,
    protocol: Protocol,
    *,
    estimands: Sequence[Estimand] = (),
    settings: Mapping[str, str] | None = None,
    source: str = "trial",
    data_kind: DataKind = "measured",
) -> Efficacy | None:
    """Analyse every estimand; None where no score was derived.

    Parameters
    ----------
    data
        ADSL and ADTIS.
    collected
        SDTM, for medication.
    protocol
        Arms (one of them placebo in a controlled trial) and visits.
    estimands
        What to estimate; the default ones at the primary visit where none is declared.
    settings
        Rules that differ from the shipped ones.
    source
        Folder named as the source of evidence.
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If an estimand names a visit that is not planned.
    UsageError
        If two estimands have one id.
    """
    if "ADTIS" not in data or not data["ADTIS"].frame.height:
        return None
    wanted = tuple(estimands) or default_estimands(protocol.primary_visit)
    ids = [estimand.id for estimand in wanted]
    if len(set(ids)) != len(ids):
        raise UsageError(f"Estimands: found the ids {', '.join(ids)}; expected each once.")
    rules = load_efficacy_settings()
    rules = rules.override(settings) if settings else rules
    events = find_intercurrent(data["ADSL"], collected, rules)
    analysed = tuple(
        Analysed(estimand, outcomes, adjust_primary(_estimates(outcomes, events, protocol, rules)))
        for estimand in wanted
        for outcomes in [derive_outcomes(data, protocol, estimand, events, rules)]
        if outcomes.subjects
    )
    if not analysed:
        return None
    tables = [estimand_table(one.outcomes, one.estimates, data["ADTIS"], data_kind) for one in analysed]
    tables.append(intercurrent_table(events, wanted, collected.get("CM"), data_kind))
    evidence = [
        row
        for one in analysed
        for row in as_evidence(one.estimand, one.estimates, source=source, data_kind=data_kind)
    ]
    control = any(arm.placebo for arm in protocol.arms)
    return Efficacy(analysed, events, tuple(tables), tuple(evidence), control, rules)


def _estimates(
    outcomes: Outcomes, events: Intercurrent, protocol: Protocol, rules: Parameters
) -> list[Estimate]:
    ordered = sorted(protocol.arms, key=lambda arm: (arm.dose is None, arm.dose or 0.0, arm.order))
    given, placebo = ([arm for arm in ordered if arm.placebo is which] for which in (False, True))
    arms, controls = [arm.name for arm in given], [arm.name for arm in placebo]
    level = rules["level"].number
    if placebo:
        compared = list(compare_with_control(outcomes, events, given, placebo[0], rules))
        if compared:
            return [*compared, *describe_trend(outcomes, [controls[0], *arms], level)]
    return [*describe_arms(outcomes, [*controls, *arms], level), *describe_trend(outcomes, arms, level)]
