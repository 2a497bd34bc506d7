"""``[trial]`` of study.toml: core set measures alone, or a whole trial from site data or SDTM."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mitograft.errors import UsageError
from mitograft.study.config_analysis import EscalationPart, EstimandPart
from mitograft.study.config_parts import Part, StudyPath, Text
from mitograft.trial.protocol import CORE_SET, Arm, MeasureSource, Protocol, Visit

__all__ = ["ARM_CODE", "CODE", "DAY", "ArmPart", "MeasurePart", "ProtocolPart", "TrialPart", "VisitPart"]

ARM_CODE = r"^[A-Za-z0-9_ -]{1,20}$"
CODE = r"^[A-Z][A-Z0-9]{0,7}$"
DAY = r"^\d{4}-\d{2}-\d{2}$"
_Code = Annotated[str, Field(pattern=CODE)]


class ArmPart(Part):
    """``[[trial.protocol.arms]]``: one planned arm; without ``dose`` it is unknown."""

    code: Annotated[str, Field(pattern=ARM_CODE)]
    name: Text
    dose: Annotated[float, Field(ge=0)] | None = None
    unit: Text = "ug"
    placebo: bool = False


class VisitPart(Part):
    """``[[trial.protocol.visits]]``: one planned visit; study day 1 is the first dose, there is no day 0."""

    number: float
    name: Text
    day: int
    before: Annotated[int, Field(ge=0)] = 0
    after: Annotated[int, Field(ge=0)] = 0


class MeasurePart(Part):
    """``[trial.protocol.measures.NAME]``: where SDTM holds a core set measure."""

    domain: _Code
    testcd: _Code


class ProtocolPart(Part):
    """``[trial.protocol]``: what the protocol fixes in advance (see ``mitograft.trial.protocol``)."""

    study: Text
    arms: Annotated[list[ArmPart], Field(min_length=1)]
    visits: Annotated[list[VisitPart], Field(min_length=2)]
    baseline_visit: Text = "BASELINE"
    primary_visit: Text = "WEEK 12"
    dlt_days: Annotated[int, Field(ge=1, le=365)] = 14
    mmt8_max: Literal[80, 150] = 150
    measures: dict[
        Literal["physician_global", "patient_global", "mmt8", "haq", "extramuscular"], MeasurePart
    ] = Field(default={})
    doses: Annotated[int, Field(ge=0)] = 1
    cutoff: Annotated[str, Field(pattern=DAY)] | None = None
    ctcae: Literal["5.0"] = "5.0"

    @model_validator(mode="after")
    def _possible(self) -> "ProtocolPart":
        try:
            self.planned()
        except UsageError as error:
            raise ValueError(str(error).removeprefix("Protocol: ")) from None
        return self

    def planned(self) -> Protocol:
        """Return the protocol the trial's rooms work with."""
        arms = (Arm(a.code, a.name, i, a.dose, a.unit, a.placebo) for i, a in enumerate(self.arms, start=1))
        visits = (Visit(v.number, v.name, v.day, v.before, v.after) for v in self.visits)
        own = {str(name): MeasureSource(m.domain, m.testcd) for name, m in self.measures.items()}
        return Protocol(
            self.study,
            tuple(arms),
            tuple(visits),
            baseline_visit=self.baseline_visit,
            primary_visit=self.primary_visit,
            dlt_days=self.dlt_days,
            mmt8_max=self.mmt8_max,
            measures={**CORE_SET, **own},
            doses=self.doses or None,
            cutoff=self.cutoff,
            ctcae=self.ctcae,
        )


class TrialPart(Part):
    """``[trial]``: patients, as one of three sources.

    ``core_set`` is a table of core set measures alone; ``sdtm`` a folder of SDTM data sets; ``edc`` a folder
    with the export of an electronic data capture system and its mapping.toml. The last two are a whole trial
    and need ``protocol``. ``primary_visit`` is the visit of the end point (default: each subject's last, or
    that of the protocol); ``contrasts`` lists pairs of groups to compare. ``accepted`` gives the reason why
    the findings of a rule do not stop the analysis. ``estimands`` says what is estimated (default: score,
    response, category and time to response at the primary visit) and ``escalation`` how doses were to rise.
    """

    core_set: StudyPath | None = None
    sdtm: StudyPath | None = None
    edc: StudyPath | None = None
    protocol: ProtocolPart | None = None
    meddra: StudyPath | None = None
    invented_terms: bool = False
    accepted: dict[str, Text] = Field(default={})
    estimands: list[EstimandPart] = Field(default=[])
    escalation: EscalationPart | None = None
    export: bool = True
    subjects: StudyPath | None = None
    marks: StudyPath | None = None
    population: Literal["adult", "juvenile"] = "adult"
    variant: Literal["imacs", "printo"] = "imacs"
    baseline: Text | None = None
    primary_visit: Text | None = None
    contrasts: list[Annotated[list[Text], Field(min_length=2, max_length=2)]] = Field(default=[])
    missing: Literal["strict", "zero", "bounds", "rescale"] = "strict"
    map: dict[str, str] = Field(default={})
    ignore: list[str] = Field(default=[])

    @model_validator(mode="after")
    def _one_source(self) -> "TrialPart":
        given = [name for name in ("core_set", "sdtm", "edc") if getattr(self, name) is not None]
        if len(given) != 1:
            found = f"found {' and '.join(given)}" if given else "found none"
            raise ValueError(f"expected one of core_set, sdtm and edc; {found}")
        if (self.protocol is None) != (self.core_set is not None):
            raise ValueError("expected protocol beside sdtm or edc, and not beside core_set")
        only_tables = [
            n for n in ("subjects", "map", "ignore", "baseline", "primary_visit") if getattr(self, n)
        ]
        if self.protocol is not None and only_tables:
            raise ValueError(f"expected {', '.join(only_tables)} only beside core_set; the protocol says it")
        if self.protocol is None and (self.estimands or self.escalation):
            raise ValueError("expected estimands and escalation only beside a protocol")
        if self.protocol is not None and self.escalation is not None:
            try:
                self.escalation.planned(sum(not arm.placebo for arm in self.protocol.arms))
            except UsageError as error:
                raise ValueError(f"escalation: {error}") from None
        self._check_estimands()
        if self.meddra is not None and self.invented_terms:
            raise ValueError("expected meddra or invented_terms, not both")
        return self

    def _check_estimands(self) -> None:
        """Refuse ids that occur twice and visits that are not planned after baseline."""
        ids = [estimand.id for estimand in self.estimands]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"expected each estimand once; found twice: {', '.join(twice)}")
        if self.protocol is None:
            return
        names = [visit.name for visit in self.protocol.visits]
        baseline = self.protocol.baseline_visit
        later = names[names.index(baseline) + 1 :] if baseline in names else []
        for estimand in self.estimands:
            if estimand.visit is not None and estimand.visit not in later:
                raise ValueError(
                    f"expected the visit of estimand {estimand.id} among {', '.join(later)}; found "
                    f"{estimand.visit!r}"
                )

    @property
    def folder(self) -> str | None:
        """The folder of SDTM or site data; None for core set measures alone."""
        return self.sdtm if self.sdtm is not None else self.edc
