"""Write the virtual study ``pn101`` as the instruments' own files."""

import json
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

import numpy as np

from mitograft.assays.myotube.simulate import FieldTruth, simulate_field
from mitograft.assays.plate.simulate import CellPlateTruth, simulate_layout, simulate_tidy_plate
from mitograft.assays.seahorse.simulate import simulate_wave
from mitograft.assays.seahorse.simulate_truth import PlateTruth, WellTruth
from mitograft.assays.uptake.simulate import GroupTruth, UptakeTruth, simulate_uptake
from mitograft.product.simulate import DoseTruth, LotTruth, ProductTruth, StabilityTruth, simulate_product
from mitograft.provenance import new_directory
from mitograft.seeds import stream
from mitograft.simulation.mice import simulate_mice
from mitograft.simulation.trial import TrialShape, simulate_patients, source_line
from mitograft.simulation.truth import StudyTruth

__all__ = ["simulate_study"]

_HEALTHY, _PATIENT, _TREATED = "healthy", "IIM", "IIM + PN-101"
_INJURED, _RESCUED = "C2C12 injured", "C2C12 injured + PN-101"
_RESPIRATION = WellTruth(non_mito=8.0, basal=40.0, leak=9.0, maximal=95.0, ecar=18.0, ecar_inhibited=26.0)
_COLUMNS = 5  # wells of a condition on a 24-well plate
_DOSE = "PN-101 30 ug/mL"
_MARK = "SIMULATED"

Rows = list[tuple[str, ...]]


def simulate_study(
    folder: Path, seed: int, truth: StudyTruth | None = None, *, trial: TrialShape = "redcap"
) -> None:
    """Write a study folder of simulated files, with its truth in the folder ``truth``.

    The analysis reads the files and never the truth; every file carries the word SIMULATED. ``trial`` is the
    shape of the clinical data: the export of one of two data capture systems, or SDTM.

    Raises
    ------
    UsageError
        If the folder exists and is not empty, or its parent does not exist.
    EnvironmentFault
        If the machine refuses.
    """
    with new_directory(folder) as build:
        _write(build, seed, truth or StudyTruth(), trial)


def _write(folder: Path, seed: int, truth: StudyTruth, trial: TrialShape) -> None:
    text = files("mitograft.simulation").joinpath("pn101.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(
        text.replace("SEED", str(seed)).replace("TRIAL_SOURCE", source_line(trial)), encoding="utf-8"
    )
    (folder / "invitro").mkdir()
    _product(folder / "product", seed)
    samples: Rows = []
    samples += _seahorse(folder / "invitro" / "seahorse", seed, truth)
    samples += _plates(folder / "invitro" / "plates", seed, truth)
    samples += _myotubes(folder / "invitro" / "myotubes", seed, truth)
    samples += _uptake(folder / "invitro" / "uptake", seed)
    header = ("source", "group", "position", "donor", "condition", "note")
    lines = [",".join(row) for row in (header, *((*sample, _MARK) for sample in samples))]
    (folder / "invitro" / "samples.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    simulate_mice(folder / "mouse", seed, truth.mouse)
    (folder / "truth").mkdir()
    simulate_patients(folder, seed, trial)
    record = {"seed": seed, **asdict(truth)}
    (folder / "truth" / "truth.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _product(folder: Path, seed: int) -> None:
    truth = ProductTruth(
        lots=(
            LotTruth("L001"),
            LotTruth("L002", potency=0.9),
            LotTruth("L003", potency=0.35, factors={"atp_synthesis": 0.3, "respiration_state3": 0.4}),
        ),
        stability=(StabilityTruth("atp_synthesis", "2-8 C", "day", (0.0, 1.0, 2.0, 4.0, 7.0), 150.0, 0.05),),
        doses_planned=(  # the two doses of NCT07122648; the last lot fails release
            DoseTruth("L001", 300.0, 1.5),
            DoseTruth("L001", 600.0, 1.5),
            DoseTruth("L002", 600.0, 6.0, on_ice=True),
            DoseTruth("L003", 300.0, 1.5),
        ),
    )
    simulate_product(truth, folder, stream(seed, "product"))


def _seahorse(folder: Path, seed: int, truth: StudyTruth) -> Rows:
    """One plate for each patient, with a healthy donor beside; 5 wells a condition."""
    folder.mkdir()
    rng = stream(seed, "seahorse", "donors")
    samples: Rows = []
    for number in range(1, truth.donors + 1):
        healthy, patient = np.exp(rng.normal(0, truth.between_donors, 2))
        plate = float(np.exp(rng.normal(0, truth.between_plates)))
        levels = {
            _HEALTHY: healthy * plate,
            _PATIENT: patient * plate * truth.defect,
            _TREATED: patient * plate * truth.defect * truth.rescue,
        }
        name = f"seahorse_{number}.xlsx"
        simulate_wave(
            _plate(number, levels, stream(seed, "seahorse", number)),
            folder / name,
            stream(seed, "wave", number),
        )
        donors = {_HEALTHY: f"H{number}", _PATIENT: f"P{number}", _TREATED: f"P{number}"}
        samples += [(name, group, "", donor, group) for group, donor in donors.items()]
    return samples


def _plate(number: int, levels: dict[str, float], rng: np.random.Generator) -> PlateTruth:
    background = set(PlateTruth("x", {}, {}).background)
    free = [
        f"{row}{column:02d}"
        for column in range(1, 7)
        for row in "ABCD"
        if f"{row}{column:02d}" not in background
    ]
    wells, groups = {}, {}
    for index, (group, level) in enumerate(levels.items()):
        for position in free[index * _COLUMNS : (index + 1) * _COLUMNS]:
            wells[position] = _well(level * float(np.exp(rng.normal(0, 0.06))))
            groups[position] = group
    return PlateTruth(f"PN-101 plate {number}", wells, groups, settling=0.1, barcode=f"SIM{number:04d}")


def _well(level: float) -> WellTruth:
    base = _RESPIRATION
    return WellTruth(
        base.non_mito,
        base.basal * level,
        base.leak * level,
        base.maximal * level,
        base.ecar,
        base.ecar_inhibited,
    )


def _plates(folder: Path, seed: int, truth: StudyTruth) -> Rows:
    """ATP and viability of injured C2C12: one plate for each independent culture."""
    folder.mkdir()
    rng = stream(seed, "plates", "cultures")
    samples: Rows = []
    for assay, signal in (("atp", 200_000.0), ("viability", 1_800.0)):
        plates = []
        for number in range(1, truth.donors + 1):
            level = float(np.clip(rng.normal(0.45, 0.05), 0.2, 0.8))
            plates.append(
                CellPlateTruth(
                    barcode=f"{assay}_{number}",
                    donors={f"C{number}": level},
                    rescue=truth.plate_rescue,
                    control_signal=signal,
                    blank_signal=signal / 100,
                    row_drift=float(rng.normal(0, 0.02)),
                )
            )
        for number, plate in enumerate(plates, start=1):
            name = f"{assay}_{number}.csv"
            samples += [
                (name, "PN-101 0 ug/mL", "", f"C{number}", _INJURED),
                (name, _DOSE, "", f"C{number}", _RESCUED),
                (name, "healthy", "", f"C{number}", "C2C12"),
            ]
            simulate_tidy_plate(plate, folder / name, stream(seed, assay, number))
        simulate_layout(plates, folder / f"layout_{assay}.csv")
    return samples


def _uptake(folder: Path, seed: int) -> Rows:
    groups = (
        GroupTruth(_PATIENT, untreated=True, potential=0.7, jc1=0.7, ros=1.5),
        GroupTruth(_TREATED, taken_up=0.6, donor_fraction=0.08, potential=0.85, jc1=0.85, ros=1.2),
    )
    simulate_uptake(UptakeTruth(groups), folder, stream(seed, "uptake"))
    return [("", group.group, "", "P1", group.group) for group in groups]


def _myotubes(folder: Path, seed: int, truth: StudyTruth) -> Rows:
    folder.mkdir()
    samples: Rows = []
    healthy, patient, treated = truth.fusion
    conditions = (
        ("H", _HEALTHY, healthy),
        ("P", _PATIENT, patient),
        ("P", _TREATED, treated),
        ("C", _INJURED, truth.fusion_c2c12[0]),
        ("C", _RESCUED, truth.fusion_c2c12[1]),
    )
    for code, (letter, condition, fused) in enumerate(conditions):
        for number in range(1, truth.donors + 1):
            shift = float(stream(seed, "myotubes", letter, number).normal(0, truth.between_fields))
            for image in range(1, truth.fields + 1):
                name = f"{letter}{number}_{code}_{image}.ome.tif"
                field = FieldTruth(name, fused=float(np.clip(fused + shift, 0.05, 0.9)))
                simulate_field(field, folder / name, stream(seed, "field", code, number, image))
                samples.append((name, "", "", f"{letter}{number}", condition))
    return samples
