"""The truth beside simulated data, in a file that no analysis reads."""

import json
from dataclasses import asdict
from pathlib import Path

from mitograft.provenance import atomic_write_text
from mitograft.trial.simulate.site import SiteData

__all__ = ["write_truth"]


def write_truth(site: SiteData, path: Path) -> None:
    """Write the truth of site data as JSON: the assumptions, the seed, and what is true of each subject."""
    protocol = site.protocol
    content = {
        "data_kind": "simulated",
        "study": protocol.study,
        "seed": site.seed,
        "doses": {
            arm.code: {"dose": arm.dose, "unit": arm.unit, "status": "assumed"} for arm in protocol.arms
        },
        "truth": asdict(site.truth),
        "subjects": [asdict(subject) for subject in site.subjects],
    }
    atomic_write_text(path, json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n")
