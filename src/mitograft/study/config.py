"""study.toml, validated whole: every mistake in one message, with its line and a remedy."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from mitograft.errors import StudyError, UsageError, Violation
from mitograft.study.toml_lines import line_of

__all__ = [
    "Assumption",
    "ClaimsPart",
    "Comparison",
    "HistoryPart",
    "InvitroPart",
    "OwnClaim",
    "PlatePart",
    "ProductPart",
    "StudyConfig",
    "StudyPart",
    "TrialPart",
    "load_study",
]

FILE = "study.toml"
Id = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$")]
Text = Annotated[str, Field(min_length=1, max_length=500)]


def _inside(value: str) -> str:
    """Keep every file inside the study folder."""
    if Path(value).is_absolute() or ".." in Path(value).parts or "\\" in value or ":" in value:
        raise ValueError("expected a path inside the study folder, with forward slashes")
    return value


StudyPath = Annotated[str, AfterValidator(_inside)]


class _Part(BaseModel):
    """One section; unknown keys are mistakes, values are never converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class StudyPart(_Part):
    """``[study]``: what the study is."""

    id: Id
    title: Text
    data_kind: Literal["measured", "published", "simulated"]
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    citations: list[Text] = []


class TrialPart(_Part):
    """``[trial]``: core set measures of patients.

    ``primary_visit`` is the visit of the end point (default: each subject's last); ``contrasts`` lists pairs
    of groups of the subjects file to compare.
    """

    core_set: StudyPath
    subjects: StudyPath | None = None
    marks: StudyPath | None = None
    population: Literal["adult", "juvenile"] = "adult"
    variant: Literal["imacs", "printo"] = "imacs"
    baseline: Text | None = None
    primary_visit: Text | None = None
    contrasts: list[Annotated[list[Text], Field(min_length=2, max_length=2)]] = []
    missing: Literal["strict", "zero", "bounds", "rescale"] = "strict"
    map: dict[str, str] = {}
    ignore: list[str] = []


class ProductPart(_Part):
    """``[product]``: the folder of the mitochondria lots (lots.csv and, if there, its other tables)."""

    folder: StudyPath = "product"


class Comparison(_Part):
    """``[[invitro.comparisons]]``: two conditions of ``samples.csv`` compared donor by donor.

    ``parameter`` is ``assay.parameter``, for example ``seahorse.maximal``; ``quantity`` and ``contrast`` are
    the words of the claim the comparison bears on. With ``healthy``, a condition of healthy donors, the share
    of the defect that is left is judged too: restored where its interval lies within ``margin`` of healthy.
    """

    quantity: Text
    contrast: Text
    parameter: Annotated[str, Field(pattern=r"^(seahorse|plate|myotube|uptake)\.[a-z0-9_]+$")]
    first: Text
    second: Text
    scale: Literal["difference", "log ratio"] = "difference"
    healthy: Text | None = None
    margin: Annotated[float, Field(gt=0, lt=1)] = 0.2


class PlatePart(_Part):
    """``[[invitro.plates]]``: plate files of one experiment, read with one layout.

    ``files`` and ``layout`` lie in the folder ``plates`` of the cell assays. ``kind`` is ``percent`` (of the
    untreated control), ``concentration`` (from the standards) or ``counts`` (a cell counter).
    """

    files: Annotated[list[StudyPath], Field(min_length=1)]
    layout: StudyPath | None = None
    parameter: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    kind: Literal["percent", "concentration", "counts"] = "percent"
    dose_response: bool = False


class InvitroPart(_Part):
    """``[invitro]``: the folder of the cell assays, with samples.csv and a folder for each assay in it.

    ``rule`` names how Mito Stress Test parameters are taken from the stages; ``comparisons`` are judged donor
    by donor.
    """

    folder: StudyPath = "invitro"
    rule: Literal["agilent", "stage_mean"] = "agilent"
    plates: list[PlatePart] = []
    comparisons: list[Comparison] = []


class HistoryPart(_Part):
    """``[history]``: the single-arm trial that is read against placebo arms.

    With ``group``, patients and responders are counted in that group of the trial; without it every possible
    result of ``n`` patients is read.
    """

    n: Annotated[int, Field(ge=1, le=1000)] = 9
    group: Text | None = None
    threshold: Literal[20, 40, 60] = 20


class OwnClaim(_Part):
    """``[[claims.own]]``: a claim of this study."""

    id: Id
    statement: Text
    quantity: Text
    contrast: Text
    direction: Literal["higher", "lower", "restored"]
    margin: float
    unit: Text
    source: Text


class ClaimsPart(_Part):
    """``[claims]``: which claims to judge."""

    judge: list[Id] = []
    own: list[OwnClaim] = []

    @model_validator(mode="after")
    def _unique(self) -> "ClaimsPart":
        ids = [*self.judge, *(claim.id for claim in self.own)]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"expected each claim once; found twice: {', '.join(twice)}")
        return self


class Assumption(_Part):
    """``[[assumptions]]``: something the data do not say but the results depend on."""

    id: Id
    text: Text
    affects: Text


class StudyConfig(_Part):
    """A whole study.toml. ``parameters`` overrides unconfirmed parameters by id."""

    study: StudyPart
    product: ProductPart | None = None
    invitro: InvitroPart | None = None
    trial: TrialPart | None = None
    history: HistoryPart | None = None
    claims: ClaimsPart = ClaimsPart()
    parameters: dict[str, str | int | float] = {}
    assumptions: list[Assumption] = []

    def overrides(self) -> dict[str, str]:
        """Return the overridden parameters as text."""
        return {name: str(value) for name, value in self.parameters.items()}


def load_study(folder: Path) -> StudyConfig:
    """Read and check ``study.toml`` of a study folder.

    Raises
    ------
    UsageError
        If the folder or the file does not exist.
    StudyError
        If the file is not TOML or breaks a rule; lists every mistake with its line.
    """
    path = folder / FILE
    if not folder.is_dir() or not path.is_file():
        raise UsageError(
            f"{folder}: found no study folder with a {FILE}; expected one. "
            f"Make one with 'mitograft new {folder}'."
        )
    text = _read(path)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(str(path), [_not_toml(path, error)]) from None
    try:
        return StudyConfig.model_validate(content)
    except ValidationError as error:
        found = [_violation(path, text, item) for item in error.errors()]
        raise StudyError(str(path), sorted(found, key=lambda v: v.row or 0)) from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        violation = Violation(
            "encoding", "text that is not UTF-8", "a UTF-8 file", "Save it as UTF-8.", path.name
        )
        raise StudyError(str(path), [violation]) from None
    except PermissionError:
        raise UsageError(f"{path}: found no permission to read it. Change its permissions.") from None


def _not_toml(path: Path, error: tomllib.TOMLDecodeError) -> Violation:
    place = re.search(r"line (\d+), column (\d+)", str(error))
    return Violation(
        "not-toml",
        found=str(error).partition(" (at ")[0].lower(),
        expected="TOML: key = value lines below [section] headings, text in quotes",
        remedy="Correct the line.",
        file=path.name,
        row=int(place[1]) if place else None,
    )


_ADVICE = {
    "missing": ("no such key", "a value for it", "Add it."),
    "extra_forbidden": ("an unknown key", "only the keys of the guide", "Remove it or correct its spelling."),
    "string_pattern_mismatch": (
        "",
        "a letter, then letters, digits, - or _ (40 at most)",
        "Correct the value.",
    ),
}


def _violation(path: Path, text: str, item: Any) -> Violation:
    """Turn one complaint of the validator into our sentence."""
    keys = tuple(item["loc"])
    usual = _sentence(str(item["msg"]).removeprefix("Value error, "))
    found, expected, remedy = _ADVICE.get(item["type"], ("", usual, "Correct the value."))
    name = ".".join(str(key + 1) if isinstance(key, int) else key for key in keys)
    rule, line = item["type"].replace("_", "-"), line_of(text, keys)
    return Violation(rule, found or _shown(item["input"]), expected, remedy, path.name, line, name)


def _sentence(text: str) -> str:
    text = text.removesuffix(".")
    for start in ("Input should be ", "expected "):
        text = text.removeprefix(start)
    return text


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
