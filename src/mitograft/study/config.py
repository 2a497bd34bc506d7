"""study.toml, validated whole: every mistake in one message, with its line and a remedy."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from mitograft.errors import StudyError, UsageError, Violation
from mitograft.study.config_invitro import (
    MEASURE,
    NAME,
    WELL,
    Comparison,
    DoseComparison,
    InvitroPart,
    MyotubePart,
    PlatePart,
    SeahorsePart,
)
from mitograft.study.config_mouse import MousePart
from mitograft.study.config_parts import ID, Id, Part, StudyPath, Text
from mitograft.study.config_trial import ARM_CODE, CODE, DAY, TrialPart
from mitograft.study.toml_lines import line_of

__all__ = [
    "FILE",
    "Assumption",
    "ClaimsPart",
    "Comparison",
    "DoseComparison",
    "HistoryPart",
    "InvitroPart",
    "MyotubePart",
    "OwnClaim",
    "PlatePart",
    "ProductPart",
    "SeahorsePart",
    "StudyConfig",
    "StudyPart",
    "TrialPart",
    "load_study",
]

FILE = "study.toml"


class StudyPart(Part):
    """``[study]``: what the study is."""

    id: Id
    title: Text
    data_kind: Literal["measured", "published", "simulated"]
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    citations: list[Text] = Field(default=[])


class ProductPart(Part):
    """``[product]``: the folder of the mitochondria lots (lots.csv and, if there, its other tables)."""

    folder: StudyPath = "product"


class HistoryPart(Part):
    """``[history]``: the single-arm trial that is read against placebo arms.

    With ``group``, patients and responders are counted in that group of the trial (``all``: in every group);
    without it every possible result of ``n`` patients is read. ``arms`` is a table of further placebo arms.
    """

    n: Annotated[int, Field(ge=1, le=1000)] = 9
    group: Text | None = None
    threshold: Literal[20, 40, 60] = 20
    arms: StudyPath | None = None


class OwnClaim(Part):
    """``[[claims.own]]``: a claim of this study."""

    id: Id
    statement: Text
    quantity: Text
    contrast: Text
    direction: Literal["higher", "lower", "restored"]
    margin: float
    unit: Text
    source: Text


class ClaimsPart(Part):
    """``[claims]``: which claims to judge."""

    judge: list[Id] = Field(default=[])
    own: list[OwnClaim] = Field(default=[])

    @model_validator(mode="after")
    def _unique(self) -> "ClaimsPart":
        ids = [*self.judge, *(claim.id for claim in self.own)]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"expected each claim once; found twice: {', '.join(twice)}")
        return self


class Assumption(Part):
    """``[[assumptions]]``: something the data do not say but the results depend on."""

    id: Id
    text: Text
    affects: Text


class StudyConfig(Part):
    """A whole study.toml. ``parameters`` overrides parameters by id, or by part and id."""

    study: StudyPart
    product: ProductPart | None = None
    invitro: InvitroPart | None = None
    mouse: MousePart | None = None
    trial: TrialPart | None = None
    history: HistoryPart | None = None
    claims: ClaimsPart = ClaimsPart()
    parameters: dict[str, str | int | float | dict[str, str | int | float]] = Field(default={})
    assumptions: list[Assumption] = Field(default=[])

    def overrides(self, part: str) -> dict[str, str]:
        """Return the overridden parameters of a part (``parameters.PARTS``) as text, by id."""
        if not self.parameters:
            return {}
        from mitograft.study.parameters import flatten

        every = flatten(self.parameters).items()
        return {name.partition(".")[2]: text for name, text in every if name.startswith(f"{part}.")}


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
    found = _parameter_violations(path, text, content.get("parameters"))
    try:
        config = StudyConfig.model_validate(content)
    except ValidationError as error:
        found += [_violation(path, text, item) for item in error.errors()]
    if found:
        unique = {(v.row, v.column): v for v in found}  # a choice of types complains once for each of them
        raise StudyError(str(path), sorted(unique.values(), key=lambda v: v.row or 0))
    return config


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


def _parameter_violations(path: Path, text: str, parameters: object) -> list[Violation]:
    """Judge ``[parameters]``; the rooms whose parameters they are load only where there are some."""
    if not parameters or not isinstance(parameters, dict):
        return []
    from mitograft.study.parameters import parameter_mistakes

    return [
        Violation(
            "parameter", found, expected, "Correct its name or value, or remove it.", path.name,
            line_of(text, ("parameters", *keys)), ".".join(("parameters", *keys)),
        )
        for keys, found, expected in parameter_mistakes(parameters)
    ]  # fmt: skip


_ADVICE = {
    "missing": ("no such key", "a value for it", "Add it."),
    "extra_forbidden": ("an unknown key", "only the keys of the guide", "Remove it or correct its spelling."),
}


_PATTERNS = {
    ID: "a letter, then letters, digits, - or _ (40 at most)",
    MEASURE: "assay.parameter, for example seahorse.maximal_respiration",
    NAME: "small letters, digits and _, a letter first",
    WELL: "a well such as A05",
    ARM_CODE: "1 to 20 letters, digits, blanks, - or _",
    CODE: "1 to 8 capital letters and digits, a letter first",
    DAY: "a day such as 2026-03-15",
}


def _violation(path: Path, text: str, item: Any) -> Violation:
    """Turn one complaint of the validator into our sentence."""
    keys = tuple(item["loc"])
    usual = _sentence(str(item["msg"]).removeprefix("Value error, "))
    found, expected, remedy = _ADVICE.get(item["type"], ("", usual, "Correct the value."))
    expected = _PATTERNS.get(item.get("ctx", {}).get("pattern"), expected)
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
