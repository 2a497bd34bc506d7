"""``[invitro]`` of study.toml: what a laboratory says about its cell assays."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from mitograft.study.config_parts import Part, StudyPath, Text

__all__ = [
    "CONDITION",
    "MEASURE",
    "NAME",
    "WELL",
    "Comparison",
    "DoseComparison",
    "InvitroPart",
    "MyotubePart",
    "PlatePart",
    "SeahorsePart",
    "WellExclusion",
]

CONDITION = "{condition}"
MEASURE = r"^(seahorse|plate|myotube|uptake)\.[a-z0-9_]+$"
NAME = r"^[a-z][a-z0-9_]*$"
WELL = r"^[A-H](0[1-9]|1[0-2])$"
_Measure = Annotated[str, Field(pattern=MEASURE)]
_Scale = Literal["difference", "log ratio"]


def _said(value: str) -> str:
    if not value.strip():
        raise ValueError("expected a reason in words")
    return value


class Comparison(Part):
    """``[[invitro.comparisons]]``: two conditions of ``samples.csv`` compared donor by donor.

    ``parameter`` is ``assay.parameter``, for example ``seahorse.maximal``; ``quantity`` and ``contrast`` are
    the words of the claim the comparison bears on. With ``healthy``, a condition of healthy donors, the share
    of the defect that is left is judged too: restored where its interval lies within ``margin`` of healthy.
    ``analysis`` is the primary one; ``family`` the comparisons it is adjusted with.
    """

    quantity: Text
    contrast: Text
    parameter: _Measure
    first: Text
    second: Text
    scale: _Scale = "difference"
    healthy: Text | None = None
    margin: Annotated[float, Field(gt=0, lt=1)] = 0.2
    analysis: Literal["donor_means", "mixed"] = "donor_means"
    family: Literal["primary", "secondary"] | None = None

    @model_validator(mode="after")
    def _different(self) -> "Comparison":
        if self.first == self.second:
            raise ValueError("expected two different conditions as first and second")
        if self.healthy in (self.first, self.second):
            raise ValueError("expected healthy to be a third condition, neither first nor second")
        return self


class DoseComparison(Part):
    """``[[invitro.dose_comparisons]]``: several conditions (doses) against one control, by Dunnett.

    ``contrast`` names the condition it is about as ``{condition}``.
    """

    quantity: Text
    contrast: Text
    parameter: _Measure
    control: Text
    conditions: Annotated[list[Text], Field(min_length=1, max_length=20)]
    scale: _Scale = "difference"

    @model_validator(mode="after")
    def _each_once(self) -> "DoseComparison":
        if len(set(self.conditions)) < len(self.conditions) or self.control in self.conditions:
            raise ValueError("expected each condition once, and not the control among them")
        if len(self.conditions) > 1 and CONDITION not in self.contrast:
            raise ValueError(f"expected {CONDITION} in contrast, so that each dose has words of its own")
        return self

    def contrast_of(self, condition: str) -> str:
        """Return the contrast of one condition in words."""
        return self.contrast.replace(CONDITION, condition)


class PlatePart(Part):
    """``[[invitro.plates]]``: plate files of one experiment, read with one layout.

    ``files`` and ``layout`` lie in the folder ``plates`` of the cell assays. ``kind`` is ``percent`` (of the
    untreated control), ``concentration`` (from the standards) or ``counts`` (a cell counter).
    """

    files: Annotated[list[StudyPath], Field(min_length=1)]
    layout: StudyPath | None = None
    parameter: Annotated[str, Field(pattern=NAME)]
    kind: Literal["percent", "concentration", "counts"] = "percent"
    dose_response: bool = False


class WellExclusion(Part):
    """``[[invitro.seahorse.exclusions]]``: a well left out by the laboratory, with its reason."""

    file: StudyPath
    well: Annotated[str, Field(pattern=WELL)]
    reason: Annotated[Text, AfterValidator(_said)]


class SeahorsePart(Part):
    """``[invitro.seahorse]``: which rates are used, which wells are left out, what unusual stages are."""

    rates: Literal["vendor", "recomputed"] = "vendor"
    outliers: Literal["none", "mad", "log_mad"] = "none"
    stages: dict[
        str,
        Literal[
            "basal", "acute", "oligomycin", "fccp", "rotenone_antimycin", "monensin", "glucose",
            "deoxyglucose", "unknown",
        ],
    ] = Field(default={})  # fmt: skip
    exclusions: list[WellExclusion] = Field(default=[])

    @model_validator(mode="after")
    def _once(self) -> "SeahorsePart":
        wells = [(e.file, e.well) for e in self.exclusions]
        twice = sorted({f"{file} {well}" for file, well in wells if wells.count((file, well)) > 1})
        if twice:
            raise ValueError(f"expected each well once; found twice: {', '.join(twice)}")
        return self


class MyotubePart(Part):
    """``[invitro.myotube]``: how photographs of myotubes are segmented and counted.

    ``masks`` is a folder of label masks in ``myotubes`` (``NAME_nuclei`` and ``NAME_myotubes`` for a field
    ``NAME``) that stand in for the segmentation.
    """

    method: Literal["local", "li_log", "triangle", "otsu", "batch"] = "local"
    threshold: Annotated[float, Field(gt=0, le=1000)] | None = None
    minimum_nuclei: Annotated[int, Field(ge=1, le=20)] | None = None
    masks: StudyPath | None = None
    pixel_size_um: Annotated[float, Field(gt=0, le=10)] | None = None
    channels: dict[Literal["nuclei", "myosin"], int | str] = Field(default={})

    @model_validator(mode="after")
    def _threshold_for_batch(self) -> "MyotubePart":
        if self.threshold is not None and self.method != "batch":
            raise ValueError("expected a threshold only with method = 'batch'")
        return self


class InvitroPart(Part):
    """``[invitro]``: the folder of the cell assays, with samples.csv and a folder for each assay in it.

    ``rule`` names how Mito Stress Test parameters are taken from the stages; ``comparisons`` are judged donor
    by donor, and adjusted together as ``multiplicity`` says.
    """

    folder: StudyPath = "invitro"
    rule: Literal["agilent", "stage_mean"] = "agilent"
    seahorse: SeahorsePart = SeahorsePart()
    myotube: MyotubePart = MyotubePart()
    plates: list[PlatePart] = Field(default=[])
    comparisons: list[Comparison] = Field(default=[])
    dose_comparisons: list[DoseComparison] = Field(default=[])
    multiplicity: Literal["none", "holm"] = "none"
