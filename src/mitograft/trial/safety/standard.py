"""All safety statistics of a trial as tables, in the order a report shows them."""

from mitograft.evidence import DataKind
from mitograft.tables.parameters import Parameters
from mitograft.trial.adam import Adam
from mitograft.trial.dataset import Dataset
from mitograft.trial.escalation.design import Design
from mitograft.trial.safety.criteria import event_criteria
from mitograft.trial.safety.dlt import assess_dlt
from mitograft.trial.safety.dlt_tables import summarise_conduct, summarise_dlt
from mitograft.trial.safety.exposure_table import summarise_rates
from mitograft.trial.safety.infusion import assess_infusion_reactions
from mitograft.trial.safety.infusion_table import summarise_infusion_reactions
from mitograft.trial.safety.intervals import summarise_none_seen, summarise_shares
from mitograft.trial.safety.liver import assess_liver
from mitograft.trial.safety.liver_tables import list_liver_peaks, summarise_liver
from mitograft.trial.safety.settings import load_safety_settings
from mitograft.trial.safety.trend import summarise_trend
from mitograft.trial.summary.result import Result
from mitograft.trial.summary.standard import safety_population

__all__ = ["safety_tables"]


def safety_tables(
    adam: Adam,
    doses: Dataset | None = None,
    design: Design | None = None,
    *,
    settings: Parameters | None = None,
    data_kind: DataKind,
) -> tuple[Result, ...]:
    """Return dose-limiting toxicity, intervals, rates, trend, infusion reactions and liver tests.

    Parameters
    ----------
    adam
        ADSL, ADAE and what there is of ADLB. Without a dosed subject only the table of no event is made; the
        list of raised liver tests only where there are any.
    doses
        Collected exposure (EX) with the times of the infusions; None leaves infusion reactions out.
    design
        The escalation design of the trial; None leaves the conduct out, as is right for a randomised trial.
    settings
        From ``load_safety_settings``; default as shipped.
    data_kind
        Simulated tables say so.

    Raises
    ------
    InputError
        If a data set lacks a variable.
    UsageError
        If the design does not fit the protocol.
    """
    chosen = settings or load_safety_settings()
    population = safety_population(adam.datasets["ADSL"], adam.protocol)
    none_seen = summarise_none_seen(chosen, data_kind=data_kind)
    if not population.frame.height or "ADAE" not in adam.datasets:
        return (none_seen,)
    adae, criteria = adam.datasets["ADAE"], event_criteria(chosen)
    dlt = assess_dlt(adam, chosen, design)
    tables = [summarise_dlt(dlt, adam, chosen, data_kind=data_kind)]
    if design is not None:
        tables.append(summarise_conduct(dlt, adam, data_kind=data_kind))
    tables += [summarise_shares(population, adae, criteria, chosen, data_kind=data_kind), none_seen]
    tables += [
        make(population, adae, criteria, adam.protocol, chosen, data_kind=data_kind)
        for make in (summarise_rates, summarise_trend)
    ]
    if doses is not None:
        found = assess_infusion_reactions(adae, doses, chosen)
        tables.append(summarise_infusion_reactions(population, adae, found, chosen, data_kind=data_kind))
    if "ADLB" in adam.datasets and adam.datasets["ADLB"].frame.height:
        adlb = adam.datasets["ADLB"]
        liver = assess_liver(population, adlb, chosen)
        tables.append(summarise_liver(population, adlb, liver, chosen, data_kind=data_kind))
        peaks = list_liver_peaks(population, adlb, liver, data_kind=data_kind)
        tables += [peaks] if peaks.rows else []
    return tuple(tables)
