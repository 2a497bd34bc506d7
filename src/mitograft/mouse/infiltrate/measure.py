"""One image and its masks to what is measured in them; the pixels are not kept."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mitograft.mouse.infiltrate.contract import ImageRow
from mitograft.mouse.infiltrate.density import DensityMap, map_density
from mitograft.mouse.infiltrate.fibres import Fibres, measure_fibres
from mitograft.mouse.infiltrate.masks import read_mask
from mitograft.mouse.infiltrate.overlay import draw_ground
from mitograft.mouse.infiltrate.picture import Picture, decode_picture, read_bytes
from mitograft.mouse.infiltrate.segment import Stained, find_nuclei, find_stained
from mitograft.mouse.infiltrate.stains import White
from mitograft.tables.parameters import Parameters
from mitograft.tables.problems import refuse

__all__ = ["ImageMeasures", "measure_image"]

_BRIGHT_SAMPLED = 1 << 20


@dataclass(frozen=True, eq=False)
class ImageMeasures:
    """What was measured in one image.

    Parameters
    ----------
    row
        Its row of images.csv.
    pixel_um, scale_from, lossy, simulated, width, height
        Pixel size and who gave it (``file`` or ``user``), whether it went through JPEG, whether it says it is
        simulated, its sides in pixels.
    white
        Empty glass.
    tissue_mm2, used
        Tissue, and whether that is enough for the image to be used.
    nuclei, nuclear_share
        Nuclei found, and the share of the tissue with nuclear haematoxylin.
    contrast, edge_um
        Haematoxylin of nuclei above that of the tissue, in optical density, and how wide their edges are;
        NaN without nuclei.
    clipped
        Share of the tissue with a colour at 0 or at full scale.
    density
        Map of nuclear density.
    fibres
        Fibres of the mask; None without one.
    ground
        The overlay as PNG, without dense tissue.
    """

    row: ImageRow
    pixel_um: float
    scale_from: str
    lossy: bool
    simulated: bool
    width: int
    height: int
    white: White
    tissue_mm2: float
    used: bool
    nuclei: int
    nuclear_share: float
    contrast: float
    edge_um: float
    clipped: float
    density: DensityMap
    fibres: Fibres | None
    ground: bytes

    @property
    def density_mm2(self) -> float:
        """Nuclei in a square millimetre of tissue; NaN without tissue."""
        return self.nuclei / self.tissue_mm2 if self.tissue_mm2 > 0.0 else float("nan")


def measure_image(folder: Path, row: ImageRow, rules: Parameters) -> ImageMeasures:
    """Read and measure an image with its masks.

    Parameters
    ----------
    folder
        Where the files lie.
    row
        The image.
    rules
        Stain vectors and thresholds.

    Raises
    ------
    InputError
        If the image or a mask cannot be used.
    """
    from scipy.ndimage import center_of_mass

    picture = decode_picture(read_bytes(folder / row.file, row.file), row.file, row.pixel_size_um)
    _check_bright(picture, rules["bright_least"].number)
    masks = {
        name: read_mask(folder, name, picture.shape, row.file)
        for name in (row.fibre_mask, row.nucleus_mask)
        if name
    }
    stained = find_stained(picture, rules)
    given = masks.get(row.nucleus_mask)
    nuclei = find_nuclei(stained, picture.pixel_um, rules) if given is None else given
    count = int(nuclei.max())
    centres = np.array(center_of_mass(nuclei > 0, nuclei, np.arange(1, count + 1)), float).reshape(-1, 2)
    density = map_density(centres, stained.tissue, picture.pixel_um, rules)
    labels = masks.get(row.fibre_mask)
    fibres = None if labels is None else measure_fibres(labels, nuclei, density, picture.pixel_um, rules)
    tissue = float(stained.tissue.sum()) * picture.pixel_um**2 * 1e-6
    contrast, edge = _sharpness(stained, nuclei, picture.pixel_um)
    covered = stained.nuclear if given is None else (given > 0) & stained.tissue
    return ImageMeasures(
        row=row,
        pixel_um=picture.pixel_um,
        scale_from=picture.scale_from,
        lossy=picture.lossy,
        simulated=picture.simulated,
        width=picture.shape[1],
        height=picture.shape[0],
        white=stained.white,
        tissue_mm2=tissue,
        used=tissue >= rules["tissue_least"].number,
        nuclei=count,
        nuclear_share=float(covered.sum()) / max(float(stained.tissue.sum()), 1.0),
        contrast=contrast,
        edge_um=edge,
        clipped=_clipped(picture, stained.tissue),
        density=density,
        fibres=fibres,
        ground=draw_ground(picture, nuclei, labels, fibres),
    )


def _check_bright(picture: Picture, least: float) -> None:
    """Refuse a picture on a dark ground, in which light is not what tissue takes away."""
    step = max(1, round((picture.pixels.size / _BRIGHT_SAMPLED) ** 0.5))
    middle = float(np.median(picture.pixels[::step, ::step].max(axis=2))) / picture.top
    if middle < least:
        found = f"a picture whose middle level is {100 * middle:.0f} % of full scale"
        remedy = "A fluorescence image has no place here; expose a bright-field image to show glass white."
        refuse(picture.file, "not-bright-field", found, f"at least {100 * least:.0f} %", remedy)


def _clipped(picture: Picture, tissue: npt.NDArray[np.bool_]) -> float:
    low, high = picture.pixels.min(axis=2), picture.pixels.max(axis=2)
    clipped = ((low == 0) | (high >= picture.top)) & tissue
    return float(clipped.sum()) / max(float(tissue.sum()), 1.0)


def _sharpness(stained: Stained, nuclei: npt.NDArray[np.int32], pixel_um: float) -> tuple[float, float]:
    """Return how far nuclei stand out, and the width of their edges: contrast over steepness."""
    inside = (nuclei > 0) & stained.tissue
    around = stained.tissue & (nuclei == 0)
    if not inside.any() or not around.any():
        return float("nan"), float("nan")
    contrast = float(np.median(stained.blue[inside]) - np.median(stained.blue[around]))
    edge = inside & (
        (nuclei != np.roll(nuclei, 1, 0))
        | (nuclei != np.roll(nuclei, -1, 0))
        | (nuclei != np.roll(nuclei, 1, 1))
        | (nuclei != np.roll(nuclei, -1, 1))
    )
    edge[[0, -1]] = False
    edge[:, [0, -1]] = False
    rows, columns = np.nonzero(edge)
    if not len(rows) or contrast <= 0.0:
        return contrast, float("nan")
    blue = stained.blue
    down = (blue[rows + 1, columns] - blue[rows - 1, columns]) / (2 * pixel_um)
    across = (blue[rows, columns + 1] - blue[rows, columns - 1]) / (2 * pixel_um)
    steep = float(np.median(np.hypot(down, across)))
    return contrast, contrast / steep if steep > 0.0 else float("inf")
