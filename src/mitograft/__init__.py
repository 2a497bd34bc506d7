"""mitograft: from the mitochondria lot to the trial read-out, every number traceable to its raw file.

The names below are loaded when they are first used, so that ``import mitograft`` costs nothing.

>>> import mitograft
>>> base = {"physician_global": 6, "patient_global": 5, "mmt8": 130, "mmt8_max": 150, "haq": 1,
...         "extramuscular": 3, "ck": 800, "ck_uln": 200}
>>> week12 = base | {"physician_global": 4, "patient_global": 4, "mmt8": 134, "ck": 710}
>>> float(mitograft.score_tis(base, week12).tis[0])
27.5
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = [
    "Claim",
    "Evidence",
    "TisRules",
    "TisScore",
    "classify_iim",
    "definition_of_improvement",
    "judge",
    "next_category",
    "open_study",
    "read_single_arm",
    "read_table",
    "responder_probability",
    "run_study",
    "score_frame",
    "score_tis",
    "tis_rules",
]

_PLACES = {
    "Claim": "claims",
    "Evidence": "evidence",
    "TisRules": "outcome.tis",
    "TisScore": "outcome.tis",
    "classify_iim": "outcome.classification",
    "definition_of_improvement": "outcome.definition_of_improvement",
    "judge": "claims",
    "next_category": "outcome.tis",
    "open_study": "study.folder",
    "read_single_arm": "trial.history",
    "read_table": "tables.read",
    "responder_probability": "outcome.tis",
    "run_study": "study.run",
    "score_frame": "trial.core_set",
    "score_tis": "outcome.tis",
    "tis_rules": "outcome.tis",
}

if TYPE_CHECKING:
    from mitograft.claims import Claim, judge
    from mitograft.evidence import Evidence
    from mitograft.outcome.classification import classify_iim
    from mitograft.outcome.definition_of_improvement import definition_of_improvement
    from mitograft.outcome.tis import (
        TisRules,
        TisScore,
        next_category,
        responder_probability,
        score_tis,
        tis_rules,
    )
    from mitograft.study.folder import open_study
    from mitograft.study.run import run_study
    from mitograft.tables.read import read_table
    from mitograft.trial.core_set import score_frame
    from mitograft.trial.history import read_single_arm


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    if name not in _PLACES:
        raise AttributeError(f"module 'mitograft' has no attribute {name!r}")
    return getattr(import_module(f"mitograft.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "__version__"]
