"""Columns of the uptake tables: single cells, plate-reader signals, qPCR, digital PCR."""

from mitograft.tables.contract import Column, Contract

__all__ = ["CELLS", "CHANNELS", "DIGITAL", "IMAGES", "QUANTITATIVE", "SIGNALS"]

CHANNELS = ("donor", "tmrm", "jc1_red", "jc1_green", "mitosox")

# Beyond any measurement; squares of larger numbers overflow.
_LARGEST = 1e30
_MOST_PARTITIONS = 1e9

_PLACE = (
    Column("plate", "Plate or run", "text", filled=True),
    Column("well", "Well or tube", "text", filled=True),
    Column("group", "Group name", "text", required=False),
)
_NOTE = Column("note", "Remark", "text", required=False)

CELLS = Contract(
    "single cells",
    (
        *_PLACE,
        Column(
            "role",
            "Whether the cells were given mitochondria",
            "category",
            filled=True,
            allowed=("sample", "untreated"),
        ),
        Column(
            "signal",
            "Donor-mitochondria signal of one cell",
            "number",
            filled=True,
            low=-_LARGEST,
            high=_LARGEST,
        ),
        Column("cell", "Number of the cell", "text", required=False),
        Column("unit", "Unit of the signal", "text", required=False),
        _NOTE,
    ),
)

SIGNALS = Contract(
    "plate-reader signals",
    (
        *_PLACE,
        Column(
            "role", "What the well holds", "category", filled=True, allowed=("sample", "control", "blank")
        ),
        Column("channel", "Dye or channel", "category", filled=True, allowed=CHANNELS),
        Column("state", "Before or after FCCP", "category", filled=True, allowed=("baseline", "fccp")),
        Column("value", "Fluorescence", "number", filled=True, low=-_LARGEST, high=_LARGEST),
        Column("cells", "Cells in the well", "number", required=False, low=0.0),
        Column("unit", "Unit of the fluorescence", "text", required=False),
        _NOTE,
    ),
    key=("plate", "well", "channel", "state"),
)

_TARGET = Column("target", "Allele amplified", "category", filled=True, allowed=("donor", "host"))
_SAMPLE = Column("sample", "Sample; wells of one sample are taken together", "text", filled=True)

QUANTITATIVE = Contract(
    "quantitative PCR",
    (
        *_PLACE,
        _SAMPLE,
        Column(
            "role",
            "What the well holds",
            "category",
            filled=True,
            allowed=("sample", "mixture", "dilution", "no template"),
        ),
        _TARGET,
        Column(
            "ct", "Threshold cycle; empty where nothing was amplified", "number", "cycles", low=0.0, high=60.0
        ),
        Column(
            "known",
            "Donor fraction of a mixture, or relative quantity of a dilution",
            "number",
            low=0.0,
            high=_LARGEST,
        ),
        _NOTE,
    ),
    key=("plate", "well", "target"),
)

DIGITAL = Contract(
    "digital PCR",
    (
        *_PLACE,
        _SAMPLE,
        Column("role", "What the well holds", "category", filled=True, allowed=("sample", "no template")),
        _TARGET,
        Column("positives", "Positive partitions", "number", filled=True, low=0.0, high=_MOST_PARTITIONS),
        Column("partitions", "Accepted partitions", "number", filled=True, low=1.0, high=_MOST_PARTITIONS),
        Column("partition_volume_nl", "Volume of a partition", "number", "nL", filled=True, low=1e-6),
        _NOTE,
    ),
    key=("plate", "well", "target"),
)

IMAGES = Contract(
    "uptake images",
    (
        Column("image", "File name in the same folder", "text", filled=True),
        *_PLACE,
        Column(
            "role",
            "Whether the cells were given mitochondria",
            "category",
            filled=True,
            allowed=("sample", "untreated"),
        ),
        Column("pixel_size_um", "Where the file gives none", "number", "um", required=False, low=1e-6),
        Column("donor_channel", "Number from 1, or name", "text", required=False),
        Column("nuclei_channel", "Number from 1, or name", "text", required=False),
        Column("recipient_channel", "Number from 1, or name", "text", required=False),
        Column("cell_channel", "Number from 1, or name", "text", required=False),
        Column("mask", "File with one label a cell", "text", required=False),
        _NOTE,
    ),
    key=("image",),
)
