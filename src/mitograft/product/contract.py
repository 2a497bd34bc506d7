"""Columns of the product's tables."""

from mitograft.tables.contract import Column, Contract

__all__ = ["DOSES", "LOTS", "POTENCY", "RULES", "SPECIFICATION", "STABILITY", "STAGES"]

RULES = ("mean", "every")
"""How replicates meet a limit: their mean does, or every one of them does."""

STAGES = ("release", "shelf life")

# Beyond any measurement; squares of larger numbers overflow.
_LARGEST = 1e30
_LONGEST = 1e6

LOTS = Contract(
    "lots",
    (
        Column("lot", "Lot number", "text", filled=True),
        Column("attribute", "Attribute tested", "text", filled=True),
        Column("value", "Result as a number", "number", low=-_LARGEST, high=_LARGEST),
        Column("unit", "Unit of the number", "text"),
        Column("replicate", "Number of the replicate", "text", required=False),
        Column("method", "Method of the test", "text", required=False),
        Column("result_text", "Result in words, or a limit such as <0.05", "text", required=False),
        Column("date", "Day of the test", "text", required=False),
    ),
    key=("lot", "attribute", "replicate"),
)

SPECIFICATION = Contract(
    "specification",
    (
        Column("attribute", "Attribute limited", "text", filled=True),
        Column("low", "Lowest accepted value", "number"),
        Column("high", "Highest accepted value", "number"),
        Column("expected", "Accepted words, separated by |", "text", required=False),
        Column("unit", "Unit of the limits", "text"),
        Column("rule", "How replicates meet the limit", "category", required=False, allowed=RULES),
        Column("stage", "Where the limit holds", "category", filled=True, allowed=STAGES),
        Column("mandatory", "Whether the lot depends on it", "category", filled=True, allowed=("yes", "no")),
        Column("source", "Where the limit comes from", "text", filled=True),
        Column("status", "How far the limit is confirmed", "text", required=False),
        Column("note", "Remark", "text", required=False),
    ),
    key=("attribute", "stage"),
)

STABILITY = Contract(
    "stability",
    (
        Column("lot", "Lot number", "text", filled=True),
        Column("attribute", "Attribute tested", "text", filled=True),
        Column("storage", "Storage condition", "text", filled=True),
        Column("time", "Time in storage", "number", filled=True, low=0.0, high=_LONGEST),
        Column("time_unit", "Unit of time", "category", filled=True, allowed=("h", "day", "week", "month")),
        Column("value", "Result", "number", filled=True, low=-_LARGEST, high=_LARGEST),
        Column("unit", "Unit of the result", "text"),
        Column("replicate", "Number of the replicate", "text", required=False),
        Column("method", "Method of the test", "text", required=False),
    ),
)

POTENCY = Contract(
    "potency curves",
    (
        Column("assay", "Potency assay", "text", filled=True),
        Column("plate", "Plate or run", "text", filled=True),
        Column("lot", "Lot number", "text", filled=True),
        Column(
            "role", "Whether the lot is the reference", "category", filled=True, allowed=("reference", "test")
        ),
        Column("dose", "Dose of mitochondria", "number", filled=True, low=0.0, high=_LARGEST),
        Column("unit", "Unit of the dose", "text", filled=True),
        Column("response", "Response", "number", filled=True, low=-_LARGEST, high=_LARGEST),
        Column("replicate", "Number of the replicate", "text", required=False),
        Column("note", "Remark", "text", required=False),
    ),
)

DOSES = Contract(
    "doses",
    (
        Column("lot", "Lot number", "text", filled=True),
        Column("dose", "Dose as mitochondrial protein", "number", filled=True, low=0.0, high=_LARGEST),
        Column("unit", "Unit of the dose", "text", filled=True),
        Column("hours", "Time out of storage", "number", "h", filled=True, low=0.0, high=_LONGEST),
        Column(
            "on_ice",
            "Whether it waits on ice in plain buffer",
            "category",
            required=False,
            allowed=("yes", "no"),
        ),
        Column("note", "Remark", "text", required=False),
    ),
)
