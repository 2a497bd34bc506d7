"""Truth of a simulated plate: what the cells of every well really do, and what goes wrong.

Rates are per well and background corrected, in the units of the instrument: OCR in pmol O2/min, ECAR in
mpH/min. A well's oxygen consumption after each injection follows from four numbers:

* before an injection: ``non_mito + basal``;
* oligomycin (``oligo``): ``non_mito + leak``;
* uncoupler (``fccp``): ``non_mito + maximal``;
* rotenone and antimycin A (``rot_aa``): ``non_mito``.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from mitograft.errors import UsageError

__all__ = ["BACKGROUND", "MITO_STRESS_TEST", "Effect", "Model", "PlateTruth", "Stage", "WellTruth"]

Effect = Literal["none", "oligo", "fccp", "rot_aa"]
Model = Literal["XFe24", "XFe96"]

BACKGROUND: Mapping[Model, tuple[str, ...]] = MappingProxyType(
    {"XFe24": ("A01", "B04", "C03", "D06"), "XFe96": ("A01", "A12", "H01", "H12")}
)
_SHAPE: Mapping[Model, tuple[int, int]] = MappingProxyType({"XFe24": (4, 6), "XFe96": (8, 12)})
_PORTS = 4


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the protocol: its free-text name, what its injection does, and its measurements.

    The first stage has no injection. A later stage with the effect ``none`` is an injection that does
    nothing to respiration (vehicle).
    """

    name: str
    effect: Effect = "none"
    cycles: int = 3


MITO_STRESS_TEST = (
    Stage("basal"),
    Stage("oligo", "oligo"),
    Stage("fccp", "fccp"),
    Stage("rot/ama", "rot_aa"),
)


@dataclass(frozen=True, slots=True)
class WellTruth:
    """Respiration and acidification of the cells in one well.

    Parameters
    ----------
    non_mito
        OCR left after rotenone and antimycin A, pmol/min.
    basal, leak, maximal
        Mitochondrial OCR (without the non-mitochondrial) at rest, under oligomycin and uncoupled, pmol/min.
    ecar
        ECAR at rest, mpH/min.
    ecar_inhibited
        ECAR from oligomycin on (or from rotenone and antimycin A, without oligomycin), mpH/min.
    """

    non_mito: float
    basal: float
    leak: float
    maximal: float
    ecar: float = 6.0
    ecar_inhibited: float = 10.0

    def ocr(self, effect: Effect) -> float:
        """Return the OCR under the last effect, pmol/min."""
        mitochondrial = {"none": self.basal, "oligo": self.leak, "fccp": self.maximal, "rot_aa": 0.0}
        return self.non_mito + mitochondrial[effect]


@dataclass(frozen=True)
class PlateTruth:
    """A plate with known cells, to be written as the instrument would.

    Parameters
    ----------
    name
        Assay name; the file carries it after the word SIMULATED.
    wells
        Truth of every well with cells, by position (``A02``). The four background wells hold no cells.
        Any other well left out is unassigned and behaves as medium.
    groups
        Group name of every well with cells.
    model
        Instrument; sets plate format, ticks per measurement and calculation constants.
    stages
        Protocol.
    cell_counts
        Normalisation values by position; empty for a plate without normalisation.
    normalisation_unit, normalisation_scale
        Unit of the counts and the number to which rates are scaled.
    failed_injections
        Names of the stages whose injection did not reach a well, by position.
    deselected
        Wells that the operator deselected; background wells may be among them.
    drift
        Change of a well's OCR over the run, pmol/min per hour, by position; also for background wells.
    settling
        Share of a change that is still to come in the first measurement after an injection (0 to below 1);
        what is left shrinks by this factor with every measurement.
    rundown
        Share of uncoupled respiration lost with each measurement after the first.
    noise
        Factor on all measurement noise; 0 leaves rounding only.
    barcode
        Plate barcode; empty for one drawn at random.
    """

    name: str
    wells: Mapping[str, WellTruth]
    groups: Mapping[str, str]
    model: Model = "XFe24"
    stages: tuple[Stage, ...] = MITO_STRESS_TEST
    cell_counts: Mapping[str, float] = field(default_factory=dict)
    normalisation_unit: str = "Cell number"
    normalisation_scale: float = 10000.0
    failed_injections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    deselected: frozenset[str] = frozenset()
    drift: Mapping[str, float] = field(default_factory=dict)
    settling: float = 0.0
    rundown: float = 0.0
    noise: float = 1.0
    barcode: str = ""

    def __post_init__(self) -> None:
        """Refuse a plate that no instrument could have measured, with all reasons at once."""
        problems = list(_problems(self))
        if problems:
            raise UsageError(f"Plate {self.name!r} cannot be simulated: {'; '.join(problems)}.")

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the plate."""
        return _SHAPE[self.model]

    @property
    def background(self) -> tuple[str, ...]:
        """Positions of the background wells."""
        return BACKGROUND[self.model]

    @property
    def positions(self) -> tuple[str, ...]:
        """All wells in the order of the file: along the rows."""
        rows, columns = self.shape
        return tuple(f"{'ABCDEFGH'[row]}{column + 1:02d}" for row in range(rows) for column in range(columns))

    def group(self, position: str) -> str:
        """Return the group name that the file shows for a well; empty for an unassigned well."""
        return "Background" if position in self.background else self.groups.get(position, "")

    @property
    def group_names(self) -> tuple[str, ...]:
        """Group names in the order of the file: background first, then by first well."""
        return tuple(dict.fromkeys(("Background", *filter(None, map(self.group, self.positions)))))

    @property
    def measurements(self) -> tuple[tuple[int, int], ...]:
        """Stage and cycle (both from 0) of every measurement."""
        return tuple((s, cycle) for s, stage in enumerate(self.stages) for cycle in range(stage.cycles))

    def states(self, position: str) -> tuple[Effect, ...]:
        """Return the effect under which a well stands in each stage, after failed injections."""
        failed, now, states = self.failed_injections.get(position, ()), "none", []
        for stage in self.stages:
            if stage.effect != "none" and stage.name not in failed:
                now = stage.effect
            states.append(now)
        return tuple(states)  # type: ignore[arg-type] # each is the effect of a stage


def _problems(plate: PlateTruth) -> Iterator[str]:
    if plate.model not in _SHAPE:
        yield f"found the model {plate.model!r}, expected XFe24 or XFe96"
        return
    yield from _problems_of_wells(plate)
    names = [stage.name for stage in plate.stages]
    if not names or len(set(names)) != len(names) or len(names) - 1 > _PORTS:
        yield f"found the stages {names}, expected one to five with different names"
    elif plate.stages[0].effect != "none":
        yield f"the first stage {names[0]!r} has an injection, expected none before the first measurement"
    if any(stage.cycles < 1 for stage in plate.stages):
        yield "a stage has no measurement, expected at least one cycle"
    if missing := sorted({n for failed in plate.failed_injections.values() for n in failed} - set(names[1:])):
        yield f"the failed injections name {missing}, expected stages with an injection {names[1:]}"
    if not (0 <= plate.settling < 1 and 0 <= plate.rundown < 1 and plate.noise >= 0):
        yield "settling and rundown are expected from 0 to below 1, noise at 0 or above"
    if not plate.normalisation_scale > 0:
        yield f"found the normalisation scale {plate.normalisation_scale}, expected a positive number"


def _problems_of_wells(plate: PlateTruth) -> Iterator[str]:
    known = set(plate.positions)
    cells = known - set(plate.background)
    for what, given, allowed in (
        ("wells", set(plate.wells), cells),
        ("cell counts", set(plate.cell_counts), known),
        ("failed injections", set(plate.failed_injections), set(plate.wells)),
        ("deselected wells", set(plate.deselected), known),
        ("drifts", set(plate.drift), known),
    ):
        if odd := sorted(given - allowed):
            yield f"{what} hold {odd}, which the layout does not allow"
    if odd := sorted(set(plate.wells) ^ set(plate.groups)):
        yield f"wells and groups differ in {odd}, expected a group for every well with cells"
    if set(plate.background) <= set(plate.deselected):
        yield "all background wells are deselected, expected at least one in use"
    if bad := sorted(p for p, w in plate.wells.items() if not all(map(math.isfinite, _numbers(w)))):
        yield f"rates of {bad} are not finite"


def _numbers(well: WellTruth) -> tuple[float, ...]:
    return well.non_mito, well.basal, well.leak, well.maximal, well.ecar, well.ecar_inhibited
