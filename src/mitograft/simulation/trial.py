"""Write the trial of the virtual study: site data in one of three shapes, with its truth."""

from pathlib import Path
from typing import Literal, get_args

from mitograft.trial.simulate import (
    pn101_protocol,
    pn101_truth,
    simulate_trial,
    write_odm,
    write_redcap,
    write_sdtm,
    write_truth,
)

__all__ = ["SHAPES", "TrialShape", "simulate_patients", "source_line"]

TrialShape = Literal["redcap", "odm", "sdtm"]
SHAPES: tuple[str, ...] = get_args(TrialShape)
_FOLDER = {"redcap": "trial/edc", "odm": "trial/edc", "sdtm": "trial/sdtm"}


def source_line(shape: TrialShape) -> str:
    """Return the line of study.toml that names the folder of the trial."""
    key = "sdtm" if shape == "sdtm" else "edc"
    return f'{key} = "{_FOLDER[shape]}"'


def simulate_patients(study: Path, seed: int, shape: TrialShape) -> None:
    """Write the trial below ``trial`` and its truth below ``truth`` of a study folder."""
    site = simulate_trial(pn101_truth(), pn101_protocol(), seed)
    folder = study / _FOLDER[shape]
    folder.mkdir(parents=True)
    write = {"redcap": write_redcap, "odm": write_odm, "sdtm": write_sdtm}[shape]
    write(site, folder)
    write_truth(site, study / "truth" / "trial.json")
