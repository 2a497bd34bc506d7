"""Segment a field: nuclei and myosin-positive objects, or the user's own masks in their place."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.assays.myotube.images import Labels, block_factor
from mitograft.assays.myotube.read import Field
from mitograft.assays.myotube.segment_myosin import averaged_light, relative_light, segment_myosin
from mitograft.assays.myotube.segment_nuclei import segment_nuclei
from mitograft.assays.myotube.settle import settle_nuclei
from mitograft.assays.myotube.thresholds import METHODS, threshold_of
from mitograft.errors import UsageError
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = ["Segmentation", "batch_threshold", "load_rules", "segment_field"]


@dataclass(frozen=True)
class Segmentation:
    """Label images of a field, at the field's own pixels.

    Parameters
    ----------
    nuclei, objects
        0 outside, 1.. for each nucleus and each myosin-positive object.
    method
        Threshold of the objects by name; ``mask`` where the user gave them.
    nuclei_from
        ``segmentation`` or ``mask``.
    """

    nuclei: Labels
    objects: Labels
    method: str
    nuclei_from: str


def load_rules() -> Parameters:
    """Return the parameters of segmentation, definition and quality control."""
    return load_parameters("mitograft.assays.myotube", "parameters.csv")


def segment_field(
    field: Field,
    rules: Parameters,
    *,
    method: str = "local",
    threshold: float | None = None,
    nuclei: Labels | None = None,
    objects: Labels | None = None,
) -> Segmentation:
    """Segment a field.

    Parameters
    ----------
    field
        The field.
    rules
        Parameters (``load_rules``).
    method
        How myosin is told from background: ``local`` (the edge of each object), ``li_log``, ``triangle``,
        ``otsu`` (one threshold for the field) or ``batch`` (one for all fields, given by ``threshold``).
    threshold
        ``batch_threshold`` of all fields of the batch.
    nuclei, objects
        Label masks that stand in for the segmentation (``read_labels``).

    Raises
    ------
    UsageError
        If the method is unknown, or ``batch`` and ``threshold`` do not come together.
    """
    if method not in METHODS or (method == "batch") != (threshold is not None):
        raise UsageError(
            f"Threshold method: found {method!r} with threshold {threshold}; expected one of "
            f"{', '.join(METHODS)}, and a threshold with 'batch' alone. Use batch_threshold for it."
        )
    own = nuclei
    if own is None:
        coarse, factor = segment_nuclei(field.nuclei, field.pixel_size_um, rules)
        own = _refine(coarse, factor, field)
    regions = objects
    if regions is None:
        coarse, factor = segment_myosin(
            field.myosin, field.pixel_size_um, rules, method, threshold=threshold, nuclear=own > 0
        )
        regions = _refine(coarse, factor, field)
        if method == "local":
            light, factor = averaged_light(field.myosin, field.pixel_size_um, rules)
            regions = settle_nuclei(own, regions, light, factor, field.pixel_size_um, rules)
    return Segmentation(
        own, regions, method if objects is None else "mask", "segmentation" if nuclei is None else "mask"
    )


def _refine(labels: Labels, factor: int, field: Field) -> Labels:
    height, width = field.nuclei.shape
    return labels if factor == 1 else labels.repeat(factor, 0).repeat(factor, 1)[:height, :width]


def batch_threshold(fields: Sequence[Field], rules: Parameters) -> float:
    """Return one threshold for all fields of a batch, in multiples of each field's background.

    Fields without myotubes have no light of their own to set a threshold by; the batch lends them one.
    """
    ratios: list[npt.NDArray[np.float32]] = []
    for field in fields:
        light, level, _ = relative_light(field.myosin, field.pixel_size_um, rules)
        step = field.pixel_size_um * block_factor(field.pixel_size_um, rules["myosin_pixel"].number)
        every = max(round(2.6 / step), 1)
        ratio = (light / np.maximum(level, 1e-3)).astype(np.float32)
        ratios.append(ratio[::every, ::every])
    return threshold_of(ratios, "batch")
