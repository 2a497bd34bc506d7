"""Columns of histology/images.csv, one row of it, and the thresholds of the room."""

from dataclasses import dataclass
from datetime import date

from mitograft.tables.contract import Column, Contract
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = ["ENDINGS", "IMAGES", "PIXEL_HIGH", "PIXEL_LOW", "ImageRow", "load_infiltrate_parameters"]

ENDINGS = (".tif", ".tiff", ".png", ".jpg", ".jpeg")
PIXEL_LOW, PIXEL_HIGH = 0.02, 10.0

IMAGES = Contract(
    "histology images",
    (
        Column("file", "Image of a section stained with H&E, beside this table", "text", filled=True),
        Column("animal", "Identifier of the mouse", "identifier", filled=True),
        Column("date", "Day the muscle was taken, YYYY-MM-DD", "text", filled=True),
        Column("muscle", "Muscle", "text", filled=True),
        Column("block", "Block of the muscle", "text", filled=True),
        Column("section", "Section or field of the block", "text", required=False),
        Column("pixel_size_um", "Pixel size, where the image does not state it", "number", unit="um",
               required=False, low=PIXEL_LOW, high=PIXEL_HIGH),
        Column("fibre_mask", "Label mask of the fibres, made by another tool", "text", required=False),
        Column("nucleus_mask", "Label mask of the nuclei, made by another tool", "text", required=False),
        Column("excluded", "Why the image is left out; empty where it is not", "text", required=False),
        Column("note", "Free text", "text", required=False),
    ),
    key=("file",),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One image of the table that is not excluded; masks are empty where there are none."""

    row: int
    file: str
    animal: str
    day: date
    muscle: str
    block: str
    section: str = ""
    pixel_size_um: float | None = None
    fibre_mask: str = ""
    nucleus_mask: str = ""


def load_infiltrate_parameters() -> Parameters:
    """Return stain vectors and thresholds of the room; all are flagged."""
    return load_parameters("mitograft.mouse.infiltrate", "parameters.csv")
