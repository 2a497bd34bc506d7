"""Quality control of a field: focus, saturation, illumination, number of nuclei, agreement of thresholds."""

import numpy as np

from mitograft.assays.findings import Finding, Severity
from mitograft.assays.myotube.filters import Image, Labels, smooth
from mitograft.assays.myotube.images import average_blocks, background, block_factor
from mitograft.assays.myotube.measure import assign_nuclei
from mitograft.assays.myotube.read import Field
from mitograft.assays.myotube.segment import Segmentation, segment_field
from mitograft.tables.parameters import Parameters

__all__ = ["check_field", "edge_sharpness", "fusion_by_method"]

_COMPARED = ("local", "li_log", "triangle")


def check_field(field: Field, segmentation: Segmentation, rules: Parameters) -> list[Finding]:
    """Return what a reader of the field's numbers should know."""
    count = int(segmentation.nuclei.max())
    found = [_saturation(field, rules), _illumination(field, rules)]
    if count == 0:
        remedy = "Look at the overlay; exclude the field or give a mask of the nuclei."
        found.append(_finding(field, "no-nuclei", "error", "no nucleus", remedy))
    elif count < rules["nuclei_low"].number:
        remedy = "Take larger or more fields; one nucleus moves the fusion index by much."
        found.append(_finding(field, "few-nuclei", "warning", f"{count} nuclei", remedy))
    if count and segmentation.nuclei_from == "segmentation":
        found.append(_focus(field, segmentation, rules))
    if not segmentation.objects.any():
        remedy = (
            "Compare with a positive control; use the threshold method 'batch' for fields without myotubes."
        )
        found.append(_finding(field, "no-myosin", "warning", "no myosin-positive object", remedy))
    elif count and segmentation.method != "mask":
        found.append(_agreement(field, segmentation, rules))
    return [finding for finding in found if finding is not None]


def _finding(field: Field, rule: str, severity: Severity, found: str, remedy: str) -> Finding:
    return Finding(rule, severity, field.source, "", found, remedy)


def _saturation(field: Field, rules: Parameters) -> Finding | None:
    for word, plane in (("nuclear", field.nuclei), ("myosin", field.myosin)):
        # A camera of 12 or 14 bits in a 16-bit file: many pixels at the very highest value are its limit.
        top = plane.max()
        share = float(np.mean(plane == top))
        if share > rules["saturated_high"].number:
            remedy = "Expose less; areas and edges of saturated objects come out too large."
            text = f"{share:.1%} of the {word} channel at its limit {top}"
            return _finding(field, "saturated", "warning", text, remedy)
    return None


def _illumination(field: Field, rules: Parameters) -> Finding | None:
    factor = block_factor(field.pixel_size_um, 4.0)
    level = background(average_blocks(field.nuclei, factor), field.pixel_size_um * factor)
    loss = float(1 - level.min() / max(float(level.max()), 1e-6))
    if loss <= rules["uneven_high"].number:
        return None
    remedy = "Correct the illumination or record a flat field; the threshold follows it only in part."
    found = f"background light varies by {loss:.0%} over the field"
    return _finding(field, "uneven-illumination", "warning", found, remedy)


def edge_sharpness(field: Field, segmentation: Segmentation, rules: Parameters) -> float:
    """Return the steepest slope at the edge of the typical nucleus, as share of its contrast a micrometre.

    A sharp edge seen through a point spread of standard deviation s has 0.4 / s.
    """
    factor = block_factor(field.pixel_size_um, rules["working_pixel"].number)
    step = field.pixel_size_um * factor
    light = smooth(average_blocks(field.nuclei, factor), 0.8 / step)
    labels = segmentation.nuclei[factor // 2 :: factor, factor // 2 :: factor]
    light = light[: labels.shape[0], : labels.shape[1]]
    slope = np.hypot(*np.gradient(light)) / step
    at = np.flatnonzero(labels > 0)
    own = labels.ravel()[at]
    present = np.bincount(own, minlength=1) > 0
    contrast = _highest(light.ravel()[at], own)[present] - float(np.percentile(light, 10))
    steepest = _highest(slope.ravel()[at], own)[present]
    return float(np.median(steepest / np.maximum(contrast, 1e-6)))


def _highest(values: Image, labels: Labels) -> Image:
    """Highest value by label."""
    highest = np.full(int(labels.max(initial=0)) + 1, -np.inf, np.float32)
    np.maximum.at(highest, labels, values)
    return highest


def _focus(field: Field, segmentation: Segmentation, rules: Parameters) -> Finding | None:
    sharpness = edge_sharpness(field, segmentation, rules)
    if sharpness >= rules["focus_low"].number:
        return None
    remedy = "Focus again, or exclude the field."
    found = f"edges of nuclei rise by {sharpness:.2f} of their height a micrometre"
    return _finding(field, "out-of-focus", "warning", found, remedy)


def fusion_by_method(field: Field, segmentation: Segmentation, rules: Parameters) -> dict[str, float]:
    """Return the fusion index by threshold method, with the same nuclei."""
    indices = {}
    for method in _COMPARED:
        other = segmentation
        if method != segmentation.method:
            other = segment_field(field, rules, method=method, nuclei=segmentation.nuclei)
        hosts = assign_nuclei(other.nuclei, other.objects)
        indices[method] = float(hosts.fused(int(rules["minimum_nuclei"].number)).mean())
    return indices


def _agreement(field: Field, segmentation: Segmentation, rules: Parameters) -> Finding | None:
    indices = fusion_by_method(field, segmentation, rules)
    if max(indices.values()) - min(indices.values()) <= rules["disagreement_high"].number:
        return None
    shown = ", ".join(f"{value:.2f} by {name}" for name, value in indices.items())
    remedy = "Look at the overlay, choose one method for all fields before comparing groups, or give masks."
    return _finding(field, "thresholds-disagree", "warning", f"a fusion index of {shown}", remedy)
