"""The clinical trial of a study: read, check, derive, tabulate."""

from collections.abc import Mapping
from dataclasses import dataclass

from mitograft.errors import InputError, UsageError, Violation
from mitograft.evidence import Evidence
from mitograft.product.analyse import ProductResult
from mitograft.study.config_trial import TrialPart
from mitograft.study.folder import Study
from mitograft.study.mistakes import Mistakes, one_of
from mitograft.study.trial_evidence import trial_evidence
from mitograft.tables.parameters import Parameter, Parameters
from mitograft.trial.adam import Adam, Trace, derive_adam, explain
from mitograft.trial.coding import Dictionary, code_events, invented_dictionary, read_meddra
from mitograft.trial.conformance import Checked, load_rules, run_rules
from mitograft.trial.dataset import Datasets
from mitograft.trial.edc import MappingReport, read_edc_with_report
from mitograft.trial.efficacy import Efficacy, analyse_efficacy
from mitograft.trial.escalation import Design
from mitograft.trial.formats import read_datasets
from mitograft.trial.protocol import Protocol
from mitograft.trial.safety import load_safety_settings, safety_tables
from mitograft.trial.sdtm.split import join_split_domains
from mitograft.trial.summary.result import Result
from mitograft.trial.summary.standard import standard_tables

__all__ = ["Trial", "analyse_trial", "explain_value", "read_trial"]

_KEPT = "data that keep it, or the rule under [trial.accepted] with a reason"


@dataclass(frozen=True, repr=False)
class Trial:
    """A trial from its raw files to its tables.

    Parameters
    ----------
    protocol
        What was planned.
    collected
        SDTM as read or mapped, adverse events coded.
    mapping
        What the mapping of site data did; None for SDTM.
    uncoded
        Terms the dictionary does not know.
    checked
        Findings and outcomes of every rule.
    adam
        The analysis data sets.
    design
        The rule by which doses were to rise; None where none is declared.
    safety
        Settings of the safety analyses.
    efficacy
        The analysis by estimands; None where no score was derived.
    tables
        The standard tables and those of the analyses.
    evidence
        What the tables bear on the claims.
    """

    protocol: Protocol
    collected: Datasets
    mapping: MappingReport | None
    uncoded: tuple[Violation, ...]
    checked: Checked
    adam: Adam
    design: Design | None
    safety: Parameters
    efficacy: Efficacy | None
    tables: tuple[Result, ...]
    evidence: tuple[Evidence, ...]

    @property
    def treated(self) -> int:
        """Number of subjects who were dosed."""
        return int((self.adam.datasets["ADSL"].frame["SAFFL"] == "Y").sum())

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the unconfirmed choices the data sets and analyses depend on."""
        found = self.adam.settings.flagged() + self.safety.flagged()
        return found + (self.efficacy.parameters() if self.efficacy else ())


def read_trial(study: Study) -> tuple[Datasets, MappingReport | None, tuple[Violation, ...]]:
    """Read SDTM or site data and code the adverse events.

    Raises
    ------
    InputError
        With everything that is wrong with the files.
    StudyError
        If study.toml names a folder that is not there.
    UsageError
        If the dictionary cannot be used here.
    """
    part = _part(study)
    _check_folders(study, part)
    if part.edc is not None:
        data, report = read_edc_with_report(study.path(part.edc), _protocol(part))
    else:
        data, report = join_split_domains(read_datasets(study.path(part.sdtm or ""))), None
    dictionary = _dictionary(study, part)
    if dictionary is None or "AE" not in data:
        return data, report, ()
    coded, uncoded = code_events(data["AE"], dictionary)
    return data.with_items([coded]), report, uncoded


def analyse_trial(study: Study, product: ProductResult | None = None) -> Trial | None:
    """Analyse the trial of a study; None where it has core set measures alone, or nothing.

    Parameters
    ----------
    study
        The study folder.
    product
        The lots, for the check that the lot given was one of those released.

    Raises
    ------
    InputError
        If files cannot be read, or a check finds an error that study.toml does not accept.
    StudyError
        If study.toml accepts rules or names folders that do not exist.
    """
    part = study.config.trial
    if part is None or part.protocol is None:
        return None
    protocol, kind = _protocol(part), study.config.study.data_kind
    _check_accepted(study, part)
    data, report, uncoded = read_trial(study)
    lots = None if product is None else [v.lot for v in product.verdicts if v.verdict == "pass"]
    checked = run_rules(data, protocol, lots=lots)
    _refuse_errors(checked, part.accepted)
    adam = derive_adam(data, protocol, settings=study.config.overrides("adam"))
    source = part.folder or ""
    efficacy = analyse_efficacy(
        adam.datasets, data, protocol, source=source, data_kind=kind,
        estimands=[estimand.planned(protocol.primary_visit) for estimand in part.estimands],
        settings=study.config.overrides("efficacy"),
    )  # fmt: skip
    tables = standard_tables(adam.datasets, protocol, data_kind=kind)
    design, rules = _design(part, protocol), load_safety_settings(study.config.overrides("safety"))
    tables += safety_tables(adam, data.get("EX"), design, settings=rules, data_kind=kind)
    tables += efficacy.tables if efficacy else ()
    evidence = trial_evidence(adam, protocol, source, kind, efficacy)
    return Trial(protocol, data, report, uncoded, checked, adam, design, rules, efficacy, tables, evidence)


def explain_value(study: Study, subject: str, parameter: str, visit: str | None = None) -> Trace:
    """Follow one value of the trial back to the rows of its files; see ``mitograft.trial.adam.explain``.

    The data are read and derived anew, so that the trace is that of the files as they are now.

    Raises
    ------
    UsageError
        If the study has no trial, or there is no such subject, parameter or visit.
    InputError
        If the files cannot be read.
    """
    protocol = _protocol(_part(study))
    data, _, _ = read_trial(study)
    adam = derive_adam(data, protocol, settings=study.config.overrides("adam"))
    return explain(adam, data, subject, parameter, visit)


def _part(study: Study) -> TrialPart:
    part = study.config.trial
    if part is None or part.protocol is None:
        raise UsageError(
            "study.toml: found no trial with a protocol; expected [trial] with sdtm or edc, and "
            "[trial.protocol]. Add them."
        )
    return part


def _protocol(part: TrialPart) -> Protocol:
    if part.protocol is None:
        raise UsageError("study.toml: found no [trial.protocol]; expected one.")
    return part.protocol.planned()


def _design(part: TrialPart, protocol: Protocol) -> Design | None:
    if part.escalation is None:
        return None
    return part.escalation.planned(sum(not arm.placebo for arm in protocol.arms))


def _dictionary(study: Study, part: TrialPart) -> Dictionary | None:
    if part.invented_terms and study.config.study.data_kind != "simulated":
        raise UsageError(
            "study.toml: found invented_terms in a study that is not simulated; expected the folder of your "
            "licensed dictionary. Give meddra, or leave both out where the events are coded."
        )
    if part.invented_terms:
        return invented_dictionary()
    return read_meddra(study.path(part.meddra)) if part.meddra else None


def _check_folders(study: Study, part: TrialPart) -> None:
    mistakes = Mistakes(study.folder)
    for name in ("sdtm", "edc", "meddra"):
        given = getattr(part, name)
        if given is not None and not study.path(given).is_dir():
            mistakes.add(
                "no-folder", ("trial", name), f"no folder {given!r}", "one", "Make it, or correct its name."
            )
    mistakes.raise_any()


def _check_accepted(study: Study, part: TrialPart) -> None:
    known, mistakes = [rule.id for rule in load_rules()], Mistakes(study.folder)
    for name in part.accepted:
        if name not in known:
            mistakes.add(
                "no-rule", ("trial", "accepted", name), f"the rule {name!r}", one_of(known, name),
                "Correct its id.",
            )  # fmt: skip
    mistakes.raise_any()


def _inside(message: str) -> str:
    """Return a sentence as part of another; the names of variables stay in capitals."""
    first = message.partition(" ")[0]
    return (message if first.isupper() and len(first) > 1 else message[0].lower() + message[1:]).rstrip(".")


def _refuse_errors(checked: Checked, accepted: Mapping[str, str]) -> None:
    """Stop at findings that would make results wrong, all of them in one message."""
    errors = [f for f in checked.findings if f.severity == "error" and f.rule_id not in accepted]
    numbered = [
        (place, Violation(
            finding.rule_id, _inside(finding.message), _KEPT, finding.remedy,
            ref.file or ref.dataset, ref.row, ref.variable.replace(";", ", ") or None,
        ))
        for finding in errors
        for place, ref in enumerate(finding.records)
    ]  # fmt: skip
    if numbered:  # the first record of every rule goes first: a long list is cut at its end
        violations = [violation for _, violation in sorted(numbered, key=lambda pair: pair[0])]
        raise InputError(", ".join(dict.fromkeys(v.file for v in violations)), violations)
