"""``[mouse]`` of study.toml: what a laboratory says about its mice."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mitograft.study.config_parts import Part, StudyPath, Text

__all__ = [
    "OUTCOME",
    "BlindingPart",
    "DesignPart",
    "ExpressionPart",
    "MouseComparison",
    "MousePart",
    "MousePlatePart",
    "TrendPart",
]

OUTCOME = r"^(histology|function|cytokine|expression|metabolite)\.[A-Za-z0-9_.-]+$"
_Outcome = Annotated[str, Field(pattern=OUTCOME)]
_Answer = Literal["yes", "no", "unknown"]
_Pair = Annotated[list[Text], Field(min_length=2, max_length=2)]


class BlindingPart(Part):
    """``[mouse.design.blinding]``: who was blinded at which stage."""

    allocation: _Answer = "unknown"
    conduct: _Answer = "unknown"
    assessment: _Answer = "unknown"
    analysis: _Answer = "unknown"


class DesignPart(Part):
    """``[mouse.design]``: what the files cannot show, for the ARRIVE Essential 10.

    ``reported_n`` holds the number of mice of each group as a text of the study states it.
    """

    experimental_unit: Text | None = None
    primary_outcome: _Outcome | None = None
    sample_size: Text | None = None
    criteria: Text | None = None
    randomisation: Text | None = None
    blinding: BlindingPart = BlindingPart()
    reported_n: dict[str, Annotated[int, Field(ge=0)]] = Field(default={})


class ExpressionPart(Part):
    """``[mouse.expression]``: how counts are read and which groups they are compared in.

    Paths lie in the folder ``expression`` of the mouse arm. Without mice (``animals.csv``) the table of
    samples gives the groups, and ``contrasts`` or the roles ``healthy``, ``untreated`` and ``treated`` say
    what is compared.
    """

    counts: StudyPath | None = None
    samples: StudyPath = "samples.csv"
    sample_column: Text = "sample"
    animal_column: Text = "animal"
    group_column: Text = "group"
    covariates: list[Text] = Field(default=[])
    species: Literal["mouse", "human"] = "mouse"
    contrasts: list[_Pair] = Field(default=[])
    healthy: Text | None = None
    untreated: Text | None = None
    treated: list[Text] = Field(default=[])
    gene_sets: list[StudyPath] = Field(default=[])
    gene_set_species: Literal["mouse", "human"] = "human"
    scale: Literal["log_cpm", "log_normalised", "vst"] = "log_cpm"
    duplicates: Literal["drop", "first", "sum"] = "drop"
    permutations: Annotated[int, Field(ge=0, le=100_000)] = 1000


class MouseComparison(Part):
    """``[[mouse.comparisons]]``: two groups of ``groups.csv`` compared mouse by mouse.

    ``outcome`` is ``room.name``, for example ``histology.severity``; ``quantity`` and ``contrast`` are the
    words of the claim it bears on. With ``healthy`` the share of the defect that is left is estimated too;
    with ``restored`` that share is the evidence, as a claim of restoration needs.
    """

    quantity: Text
    contrast: Text
    outcome: _Outcome
    first: Text
    second: Text
    healthy: Text | None = None
    restored: bool = False
    margin: Annotated[float, Field(gt=0, lt=1)] = 0.2
    family: Literal["primary", "secondary"] | None = None

    @model_validator(mode="after")
    def _different(self) -> "MouseComparison":
        groups = [self.first, self.second, *([self.healthy] if self.healthy else [])]
        if len(set(groups)) < len(groups):
            raise ValueError("expected different groups as first, second and healthy")
        if self.restored and self.healthy is None:
            raise ValueError("expected healthy, the group a restoration is measured against")
        return self


class MousePlatePart(Part):
    """``[[mouse.plates]]``: plate files of cytokines with their standards, read with one layout.

    ``files`` and ``layout`` lie in the folder ``plates`` of the mouse arm; the samples are the identifiers of
    mice. ``layout`` may be absent where the files say what stands in their wells, as those of bead assays do.
    ``analyte`` names what a plate of one signal measured; a bead assay names its own.
    """

    files: Annotated[list[StudyPath], Field(min_length=1)]
    layout: StudyPath | None = None
    analyte: str = ""


class TrendPart(Part):
    """``[[mouse.trends]]``: groups in the order of their dose, for a trend."""

    outcome: _Outcome
    groups: Annotated[list[Text], Field(min_length=3, max_length=12)]


class MousePart(Part):
    """``[mouse]``: the folder of the in vivo arm and how its groups are compared.

    ``scheme`` names the scheme of the histology grades: one that is shipped, or a file of the folder.
    ``send`` writes SEND-shaped transport files beside the results. ``roles`` gives the role of each group
    where the mice come from SEND files (a folder ``send``), which know no healthy mice beside diseased ones.
    """

    folder: StudyPath = "mouse"
    scheme: Text = "sugihara-2007"
    design: DesignPart = DesignPart()
    expression: ExpressionPart = ExpressionPart()
    comparisons: list[MouseComparison] = Field(default=[])
    trends: list[TrendPart] = Field(default=[])
    plates: list[MousePlatePart] = Field(default=[])
    send: bool = False
    roles: dict[str, Literal["healthy", "control", "treated"]] = Field(default={})
