"""From label images to readings of a field.

Definitions, which vary between laboratories (compare doi:10.1186/s13395-022-00297-6):

fusion index
    nuclei whose centre lies in an object with at least ``minimum_nuclei`` nuclei / all nuclei;
differentiation index
    nuclei whose centre lies in any myosin-positive object / all nuclei;
object
    a myosin-positive region that hangs together, or one label of the user's mask. Myotubes that touch are one
    object, hence the names ``myotube_objects`` and not ``myotubes``.

A cell that lies over or under a myotube counts as fused: two dimensions cannot tell.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.assays.myotube.measure import Hosts, Shapes, assign_nuclei, measure_shapes
from mitograft.assays.myotube.read import Field
from mitograft.assays.myotube.segment import Segmentation
from mitograft.assays.readings import Reading
from mitograft.tables.parameters import Parameters

__all__ = ["FieldMeasures", "derive_readings", "measure_field"]


@dataclass(frozen=True)
class FieldMeasures:
    """Everything measured in a field, nucleus by nucleus and object by object.

    Parameters
    ----------
    hosts
        Where the nuclei lie.
    shapes
        The objects.
    fused
        Which nuclei count as fused.
    area_mm2
        Area of the field.
    pixel_um
        Micrometres a pixel.
    minimum_nuclei
        Fewest nuclei of an object whose nuclei count as fused.
    """

    hosts: Hosts
    shapes: Shapes
    fused: npt.NDArray[np.bool_]
    area_mm2: float
    pixel_um: float
    minimum_nuclei: int

    @property
    def fusion_index(self) -> float:
        """Share of fused nuclei; NaN without nuclei."""
        return _share(self.fused)

    @property
    def differentiation_index(self) -> float:
        """Share of nuclei in any object; NaN without nuclei."""
        return _share(self.hosts.host > 0)


def _share(chosen: npt.NDArray[np.bool_]) -> float:
    return float(chosen.mean()) if chosen.size else float("nan")


def measure_field(field: Field, segmentation: Segmentation, rules: Parameters) -> FieldMeasures:
    """Measure a segmented field."""
    hosts = assign_nuclei(segmentation.nuclei, segmentation.objects)
    minimum = int(rules["minimum_nuclei"].number)
    area = field.nuclei.size * (field.pixel_size_um / 1000) ** 2
    shapes = measure_shapes(segmentation.objects, field.pixel_size_um)
    return FieldMeasures(hosts, shapes, hosts.fused(minimum), area, field.pixel_size_um, minimum)


def derive_readings(
    field: Field, measures: FieldMeasures, *, plate: str = "", position: str = ""
) -> tuple[Reading, ...]:
    """Return the readings of a field.

    Parameters
    ----------
    field, measures
        The field and what was measured in it.
    plate, position
        Slide or plate, and the field's name in it; the file's name without ending where empty.

    Returns
    -------
    readings
        Means are over the objects with at least ``minimum_nuclei`` nuclei; NaN where there is none.
    """
    hosts, shapes = measures.hosts, measures.shapes
    tubes = hosts.nuclei_in[1:] >= measures.minimum_nuclei
    nuclei = float(len(hosts.host))
    coverage = float(shapes.area_um2.sum() / (measures.area_mm2 * 1e6))
    values = (
        ("nuclei", nuclei, "nuclei"),
        ("nuclei_density", nuclei / measures.area_mm2, "nuclei/mm^2"),
        ("nucleus_area", _mean(hosts.areas) * measures.pixel_um**2, "um^2"),
        ("fusion_index", measures.fusion_index, "1"),
        ("differentiation_index", measures.differentiation_index, "1"),
        ("myosin_objects", float(len(tubes)), "objects"),
        ("myotube_objects", float(tubes.sum()), "objects"),
        ("myosin_coverage", coverage, "1"),
        ("myotube_area", _mean(shapes.area_um2[tubes]), "um^2"),
        ("myotube_length", _mean(shapes.length_um[tubes]), "um"),
        ("myotube_diameter", _mean(shapes.diameter_um[tubes]), "um"),
        ("nuclei_per_myotube", _mean(hosts.nuclei_in[1:][tubes].astype(float)), "nuclei"),
    )
    place = position or field.source.rpartition("/")[2].partition(".")[0]
    return tuple(
        Reading("myotube", name, value, unit, field.source, plate, place) for name, value, unit in values
    )


def _mean(values: npt.NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
