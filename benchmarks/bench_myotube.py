"""Fields of 2048 by 2048 pixels from arrays to readings, on one core.

Two magnifications: 0.325 µm a pixel (20x objective) and 0.65 µm (10x, four times as many nuclei in a field).
Peer: the plain scikit-image path at full size, as tutorials show it: Gaussian filter, Otsu threshold,
distance transform, watershed, label and regionprops, nuclei by centroid in the myosin mask. Both measure
the same fields; the truth is known, so that a fast wrong answer would be seen.
"""

import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import numpy as np
import numpy.typing as npt
from harness import Report, best_of, one_core, options

from mitograft.assays.myotube.check import check_field
from mitograft.assays.myotube.derive import derive_readings, measure_field
from mitograft.assays.myotube.overlay import overlay_png
from mitograft.assays.myotube.read import Field, read_field
from mitograft.assays.myotube.segment import load_rules, segment_field
from mitograft.assays.myotube.simulate import FieldScene, FieldTruth, Optics, draw_scene, write_ome_tiff
from mitograft.seeds import stream

SIDE = 2048
MEGAPIXELS = SIDE * SIDE / 1e6


def make_field(pixel_um: float) -> tuple[Field, FieldScene]:
    """Draw a quarter of a field and mirror it into the other three."""
    blur = 0.8 / pixel_um
    truth = FieldTruth("bench", 1024, pixel_um, nuclei_per_mm2=1500.0, optics=Optics(blur_px=blur))
    scene = draw_scene(truth, stream(2024, "bench", round(1000 * pixel_um)))
    planes = [np.block([[c, c[:, ::-1]], [c[::-1], c[::-1, ::-1]]]) for c in scene.channels]
    return Field("bench.ome.tif", planes[0], planes[1], pixel_um, "file", ("DAPI", "MyHC")), scene


def peak_arrays(work: Callable[[], Any]) -> float:
    """Return the peak memory of Python objects and numpy arrays during the work, in MiB."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def ours(field: Field) -> float:
    """Return the fusion index by this package."""
    rules = load_rules()
    measures = measure_field(field, segment_field(field, rules), rules)
    derive_readings(field, measures)
    return measures.fusion_index


def plain(field: Field) -> float:
    """Return the fusion index by plain scikit-image."""
    from scipy.ndimage import distance_transform_edt
    from skimage.feature import peak_local_max
    from skimage.filters import gaussian, threshold_otsu
    from skimage.measure import label, regionprops
    from skimage.segmentation import watershed

    masks: list[npt.NDArray[Any]] = []
    for plane in (field.nuclei, field.myosin):
        smooth = gaussian(plane.astype(np.float32), 1.0)  # type: ignore[no-untyped-call]  # no types there
        masks.append(smooth > threshold_otsu(smooth))  # type: ignore[no-untyped-call]  # no types there
    depth = distance_transform_edt(masks[0])
    distance = round(4 / field.pixel_size_um)
    peaks = peak_local_max(depth, min_distance=distance, labels=masks[0])  # type: ignore[no-untyped-call]  # no types
    seeds = np.zeros(depth.shape, np.int32)
    seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    nuclei = watershed(-depth, seeds, mask=masks[0])  # type: ignore[no-untyped-call]  # no types there
    objects = label(masks[1])  # type: ignore[no-untyped-call]  # no types there
    centres = np.array([r.centroid for r in regionprops(nuclei)]).astype(int)  # type: ignore[no-untyped-call]
    [(r.area, r.axis_major_length) for r in regionprops(objects)]  # type: ignore[no-untyped-call]
    host = objects[tuple(centres.T)]
    counts = np.bincount(host)
    return float(((host > 0) & (counts[host] >= 2)).mean())


def main() -> None:
    """Run and report."""
    choice = options(__doc__ or "")
    one_core()
    times = 1 if choice.quick else 3
    report = Report("myotube", "Myotube fields of 2048 by 2048 pixels")
    report.peers = {"plain": "scikit-image: Gaussian, Otsu, distance watershed, label, regionprops"}
    add = report.add
    for name, pixel_um in (("20x", 0.325), ("10x", 0.65)):
        field, scene = make_field(pixel_um)
        ours(field)  # loads the libraries
        seconds, index = best_of(times, partial(ours, field), process_time)
        memory, plain_memory = (peak_arrays(partial(work, field)) for work in (ours, plain))
        plain_seconds, plain_index = best_of(times, partial(plain, field), process_time)
        add(f"seconds_{name}", seconds, "s", f"{name}: one field, segmentation to readings (aim 1)")
        add(f"rate_{name}", MEGAPIXELS / seconds, "megapixels/s", f"{name}: mitograft")
        add(f"plain_rate_{name}", MEGAPIXELS / plain_seconds, "megapixels/s", f"{name}: plain scikit-image")
        add(f"ratio_{name}", plain_seconds / seconds, "x", f"{name}: ratio to the peer")
        add(
            f"memory_{name}",
            memory,
            "MiB",
            f"{name}: peak of arrays beside the field (16 MiB)",
        )
        add(f"plain_memory_{name}", plain_memory, "MiB", f"{name}: the peer's")
        add(f"error_{name}", index - scene.fusion_index, "", f"{name}: error of the fusion index")
        add(f"plain_error_{name}", plain_index - scene.fusion_index, "", f"{name}: error of the peer's")
    rest, file_seconds = whole_file(field, times)
    add("check_and_overlay", rest, "s", "10x: quality control (two further thresholds) and overlay on top")
    add("read", file_seconds, "s", "10x: reading the OME-TIFF, with the look for swapped channels")
    report.remarks.append("Times are processor time, which does not suffer where cores are shared.")
    report.finish(as_json=choice.json, packages=("mitograft", "numpy", "scipy", "scikit-image", "tifffile"))


def whole_file(field: Field, times: int) -> tuple[float, float]:
    """Return the seconds of quality control with overlay, and of reading the file."""
    rules = load_rules()
    segmentation = segment_field(field, rules)
    measures = measure_field(field, segmentation, rules)

    def look() -> None:
        check_field(field, segmentation, rules)
        overlay_png(field, segmentation, measures)

    with TemporaryDirectory() as folder:
        path = Path(folder) / "field.ome.tif"
        write_ome_tiff(path, (field.nuclei, field.myosin), field.pixel_size_um, "bench")
        look_seconds = best_of(times, look, process_time)[0]
        return look_seconds, best_of(times, lambda: read_field(path), process_time)[0]


if __name__ == "__main__":
    main()
