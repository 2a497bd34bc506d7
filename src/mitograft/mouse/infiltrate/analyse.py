"""Images of a study to one value a mouse, outcomes, findings and overlays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mitograft.errors import InputError, UsageError, Violation
from mitograft.evidence.finding import Finding
from mitograft.mouse.animals import Colony
from mitograft.mouse.infiltrate.check import find_problems
from mitograft.mouse.infiltrate.contract import ImageRow, load_infiltrate_parameters
from mitograft.mouse.infiltrate.derive import (
    AreaDistribution,
    MouseMeasures,
    Reference,
    derive_distributions,
    derive_mice,
    derive_outcomes,
    find_reference,
)
from mitograft.mouse.infiltrate.measure import ImageMeasures, measure_image
from mitograft.mouse.infiltrate.overlay import draw_dense
from mitograft.mouse.infiltrate.read import read_images
from mitograft.mouse.infiltrate.stains import stain_matrix
from mitograft.mouse.outcomes import Outcome
from mitograft.tables.parameters import Parameter, Parameters

__all__ = ["InfiltrateResult", "analyse_infiltrate"]


@dataclass(frozen=True, eq=False)
class InfiltrateResult:
    """Everything the report shows of images and masks.

    Parameters
    ----------
    images
        What was measured in every image, those with too little tissue too.
    reference
        What nuclear density is called dense against.
    mice
        One for each mouse with a usable image, excluded mice too.
    distributions
        Fibre areas of each group.
    outcomes
        ``histology.nuclear_density``, ``histology.dense_area``, and with fibre masks
        ``histology.fibre_area``, ``histology.small_fibres`` and ``histology.central_nuclei``; excluded mice
        are left out.
    findings, parameters
        What to know before using them; flagged parameters they rest on.
    overlays
        Name of the image to a PNG with what was found in it.
    simulated
        Whether any image says of itself that it is simulated.
    """

    images: tuple[ImageMeasures, ...]
    reference: Reference
    mice: tuple[MouseMeasures, ...]
    distributions: tuple[AreaDistribution, ...]
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    parameters: tuple[Parameter, ...]
    overlays: Mapping[str, bytes]
    simulated: bool


def analyse_infiltrate(
    path: Path, colony: Colony, *, parameters: Parameters | None = None
) -> InfiltrateResult:
    """Read images.csv, measure the images in its folder and put them together mouse by mouse.

    Parameters
    ----------
    path
        The table of images; images and masks lie in the same folder.
    colony
        Mice and groups.
    parameters
        Stain vectors and thresholds; those that ship without it.

    Raises
    ------
    InputError
        With everything that is wrong with the table, or with all of its images and masks.
    UsageError
        If stain vectors or the reference of nuclear density cannot be.
    """
    rules = parameters or load_infiltrate_parameters()
    if rules["density_reference"].value not in ("healthy", "image"):
        found = rules["density_reference"].value
        raise UsageError(f"Parameter density_reference: found {found!r}; expected healthy or image.")
    stain_matrix(rules)
    images = _measure(path.parent, read_images(path, colony), rules)
    reference = find_reference(images, colony, rules)
    mice = derive_mice(images, reference, rules)
    return InfiltrateResult(
        images=images,
        reference=reference,
        mice=mice,
        distributions=derive_distributions(mice, colony, rules),
        outcomes=derive_outcomes(mice, colony, reference, rules, path.name),
        findings=find_problems(images, mice, reference, colony, rules, path.name),
        parameters=rules.flagged(),
        overlays={i.row.file: draw_dense(i.ground, i.width, i.density, reference.above(i)) for i in images},
        simulated=any(image.simulated for image in images),
    )


def _measure(folder: Path, rows: Sequence[ImageRow], rules: Parameters) -> tuple[ImageMeasures, ...]:
    """Measure image after image; what cannot be read is said of all of them at once."""
    measured: list[ImageMeasures] = []
    violations: list[Violation] = []
    for row in rows:
        try:
            measured.append(measure_image(folder, row, rules))
        except InputError as error:
            violations += error.violations
    if violations:
        raise InputError(", ".join(dict.fromkeys(v.file for v in violations)), violations)
    return tuple(measured)
