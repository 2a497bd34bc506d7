"""What the parts of study.toml are made of: a section, and the texts and paths in it."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

__all__ = ["ID", "Id", "Part", "StudyPath", "Text"]

ID = r"^[A-Za-z][A-Za-z0-9_-]{0,39}$"
Id = Annotated[str, Field(pattern=ID)]
Text = Annotated[str, Field(min_length=1, max_length=500)]


def _inside(value: str) -> str:
    """Keep every file inside the study folder."""
    if Path(value).is_absolute() or ".." in Path(value).parts or "\\" in value or ":" in value:
        raise ValueError("expected a path inside the study folder, with forward slashes")
    return value


StudyPath = Annotated[str, AfterValidator(_inside)]


class Part(BaseModel):
    """One section; unknown keys are mistakes, values are never converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
