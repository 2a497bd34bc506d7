"""The files of the mouse arm, found in their folder and analysed room by room."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mitograft.errors import UsageError
from mitograft.evidence.finding import Finding
from mitograft.mouse.animals import Colony, read_animals
from mitograft.mouse.expression.analyse import ExpressionResult, analyse_expression
from mitograft.mouse.expression.options import ExpressionOptions
from mitograft.mouse.histology.analyse import HistologyResult, analyse_histology
from mitograft.mouse.histology.read_scheme import find_scheme
from mitograft.mouse.infiltrate.analyse import InfiltrateResult, analyse_infiltrate
from mitograft.mouse.metabolites.analyse import MetaboliteResult, analyse_metabolites
from mitograft.mouse.outcomes import Outcome
from mitograft.seeds import stream
from mitograft.study.config import StudyConfig
from mitograft.study.config_mouse import ExpressionPart
from mitograft.study.mouse_courses import (
    CYTOKINES,
    CourseDetails,
    CytokineDetails,
    analyse_courses,
    analyse_cytokines,
)
from mitograft.study.parameters import shipped_parameters
from mitograft.study.read_each import read_each
from mitograft.tables.parameters import Parameter
from mitograft.tables.read import read_table

__all__ = ["MouseDetails", "analyse_mouse_files", "read_colony"]


Room = (
    HistologyResult | InfiltrateResult | CourseDetails | CytokineDetails | MetaboliteResult | ExpressionResult
)


@dataclass(frozen=True, repr=False)
class MouseDetails:
    """The result of every room that has files; None where it has none."""

    histology: HistologyResult | None = None
    images: InfiltrateResult | None = None
    courses: CourseDetails | None = None
    cytokines: CytokineDetails | None = None
    metabolites: MetaboliteResult | None = None
    expression: ExpressionResult | None = None

    def _rooms(self) -> Iterator[Room]:
        rooms = (
            self.histology, self.images, self.courses, self.cytokines, self.metabolites, self.expression,
        )  # fmt: skip
        yield from (room for room in rooms if room is not None)

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return one number a mouse, over all rooms."""
        return tuple(outcome for room in self._rooms() for outcome in room.outcomes)

    def findings(self) -> tuple[Finding, ...]:
        """Return what quality control says, over all rooms."""
        return tuple(finding for room in self._rooms() for finding in room.findings)

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the unconfirmed values the results rest on."""
        return tuple(
            parameter for room in self._rooms() for parameter in room.parameters if parameter.flagged
        )


def read_colony(folder: Path) -> Colony | None:
    """Read animals.csv and groups.csv; None where the folder holds neither."""
    animals, groups = folder / "animals.csv", folder / "groups.csv"
    here = [path for path in (animals, groups) if path.is_file()]
    if not here:
        return None
    if len(here) == 1:
        absent = groups if here[0] == animals else animals
        raise UsageError(
            f"{folder.name}: found {here[0].name} without {absent.name}; expected both. "
            "Add it, or remove the other."
        )
    return read_animals(read_table(animals), read_table(groups))


def analyse_mouse_files(folder: Path, colony: Colony | None, config: StudyConfig) -> MouseDetails:
    """Analyse every room of the mouse arm that has files.

    Parameters
    ----------
    folder
        The folder of the arm.
    colony
        Mice and groups; without them expression alone can be analysed.
    config
        The study.

    Raises
    ------
    InputError
        With the violations of all files.
    UsageError
        If files need mice and there are none.
    """
    part = config.mouse
    if part is None:
        return MouseDetails()
    rooms: list[Callable[[], object]] = []
    if colony is not None:
        rooms += list(_rooms_of_mice(folder, colony, config))
    elif other := [name for name in _NEED_MICE if (folder / name).exists()]:
        raise UsageError(
            f"{folder.name}: found {', '.join(other)} without animals.csv and groups.csv; expected both. "
            "Add them."
        )
    if (folder / _EXPRESSION).is_dir():
        rooms.append(lambda: _expression(folder, colony, config))
    results = read_each(rooms, lambda analyse: analyse())
    return MouseDetails(
        histology=next((r for r in results if isinstance(r, HistologyResult)), None),
        images=next((r for r in results if isinstance(r, InfiltrateResult)), None),
        metabolites=next((r for r in results if isinstance(r, MetaboliteResult)), None),
        courses=next((r for r in results if isinstance(r, CourseDetails)), None),
        cytokines=next((r for r in results if isinstance(r, CytokineDetails)), None),
        expression=next((r for r in results if isinstance(r, ExpressionResult)), None),
    )


_EXPRESSION = "expression"
_SCORES, _WEIGHTS, _FUNCTION = "scores.csv", "weights.csv", "function.csv"
_METABOLITES, _IMAGES = "metabolites.csv", "histology/images.csv"
_NEED_MICE = (_SCORES, _WEIGHTS, _FUNCTION, CYTOKINES, _METABOLITES, _IMAGES)


def _rooms_of_mice(folder: Path, colony: Colony, config: StudyConfig) -> Iterator[Callable[[], object]]:
    if (folder / _SCORES).is_file():
        yield lambda: _histology(folder, colony, config)
    weights, function = (p if p.is_file() else None for p in (folder / _WEIGHTS, folder / _FUNCTION))
    if weights or function:
        yield lambda: analyse_courses(weights, function, colony, config)
    if (folder / CYTOKINES).is_file() or (config.mouse is not None and config.mouse.plates):
        yield lambda: analyse_cytokines(folder, colony, config)
    if (folder / _METABOLITES).is_file():
        rules = shipped_parameters("metabolite").override(config.overrides("metabolite"))
        yield lambda: analyse_metabolites(folder / _METABOLITES, colony, parameters=rules)
    if (folder / _IMAGES).is_file():
        values = shipped_parameters("infiltrate").override(config.overrides("infiltrate"))
        yield lambda: analyse_infiltrate(folder / _IMAGES, colony, parameters=values)


def _histology(folder: Path, colony: Colony, config: StudyConfig) -> HistologyResult:
    scheme = config.mouse.scheme if config.mouse else ""
    return analyse_histology(
        folder / _SCORES,
        colony,
        find_scheme(scheme, folder),
        parameters=shipped_parameters("histology").override(config.overrides("histology")),
        rng=stream(config.study.seed, "mouse", "kappa"),
    )


def _expression(folder: Path, colony: Colony | None, config: StudyConfig) -> ExpressionResult:
    asked = config.mouse.expression if config.mouse else ExpressionPart()
    options = ExpressionOptions(
        counts=asked.counts or "",
        samples=asked.samples,
        sample_column=asked.sample_column,
        animal_column=asked.animal_column,
        group_column=asked.group_column,
        covariates=tuple(asked.covariates),
        species=asked.species,
        contrasts=tuple((first, second) for first, second in asked.contrasts),
        healthy=asked.healthy or "",
        untreated=asked.untreated or "",
        treated=tuple(asked.treated),
        gene_sets=tuple(asked.gene_sets),
        gene_set_species=asked.gene_set_species,
        scale=asked.scale,
        duplicates=asked.duplicates,
        permutations=asked.permutations,
        seed=config.study.seed % 2**31,
    )
    rules = shipped_parameters("expression").override(config.overrides("expression"))
    return analyse_expression(folder / _EXPRESSION, colony, options, rules)
