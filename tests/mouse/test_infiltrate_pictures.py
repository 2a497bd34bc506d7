"""Reading bright-field pictures and masks: what is read, and what is refused with one plain message."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from mitograft.errors import InputError
from mitograft.mouse.infiltrate import picture as module
from mitograft.mouse.infiltrate.masks import read_mask
from mitograft.mouse.infiltrate.picture import decode_picture, read_bytes
from mitograft.seeds import stream

PIXELS = stream(1, "pictures").integers(60, 250, (70, 90, 3)).astype(np.uint8)


def png(pixels, **more):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", **more)
    return buffer.getvalue()


def tiff(pixels, **more):
    buffer = io.BytesIO()
    more.setdefault("photometric", "rgb" if pixels.ndim == 3 else "minisblack")
    tifffile.imwrite(buffer, pixels, **more)
    return buffer.getvalue()


def by_pillow(pixels, kind, **more):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **more)
    return buffer.getvalue()


def ome(pixels, size=0.5, unit="µm", size_y=None):
    metadata = {
        "axes": "YXS",
        "PhysicalSizeX": size,
        "PhysicalSizeXUnit": unit,
        "PhysicalSizeY": size_y or size,
        "PhysicalSizeYUnit": unit,
    }
    return tiff(pixels, ome=True, metadata=metadata)


@pytest.mark.parametrize(
    "data",
    [
        png(PIXELS),
        tiff(PIXELS),
        tiff(PIXELS, compression="zlib", predictor=True),
        tiff(np.moveaxis(PIXELS, 2, 0), planarconfig="separate"),
        by_pillow(PIXELS, "TIFF", compression="tiff_lzw"),
        by_pillow(PIXELS, "TIFF", compression="packbits"),
        png(np.dstack([PIXELS, np.full(PIXELS.shape[:2], 255, np.uint8)])),
        tiff(np.dstack([PIXELS, np.full(PIXELS.shape[:2], 255, np.uint8)]), extrasamples=["unassalpha"]),
        tiff(np.moveaxis(PIXELS, 2, 0), photometric="minisblack", metadata={"axes": "CYX"}),
    ],
    ids=["png", "tiff", "deflate", "planar", "lzw", "packbits", "png-alpha", "tiff-alpha", "three planes"],
)
def test_all_of_these_give_the_same_colours(data):
    found = decode_picture(data, "x", 0.5)
    np.testing.assert_array_equal(found.pixels, PIXELS)
    assert (found.pixel_um, found.scale_from, found.top, found.lossy) == (0.5, "user", 255, False)


def test_jpeg_is_read_and_known_to_be_lossy():
    for data in (by_pillow(PIXELS, "JPEG"), by_pillow(PIXELS, "TIFF", compression="jpeg")):
        found = decode_picture(data, "x", 0.5)
        assert found.lossy
        assert found.shape == (70, 90)


def test_transparency_is_laid_on_white():
    cover = np.full(PIXELS.shape[:2], 255, np.uint8)
    cover[:10] = 0
    found = decode_picture(png(np.dstack([PIXELS, cover])), "x", 0.5).pixels
    assert (found[:10] == 255).all()
    np.testing.assert_array_equal(found[10:], PIXELS[10:])


@pytest.mark.parametrize(("bits", "top"), [(10, 1023), (12, 4095), (14, 16383), (16, 65535)])
def test_full_scale_of_a_camera_of_more_than_8_bits(bits, top):
    wide = (PIXELS.astype(np.uint16) << (bits - 8)) + 3
    assert decode_picture(tiff(wide), "x", 0.5).top == top


@pytest.mark.parametrize(
    ("size", "unit", "expected"), [(0.5, "µm", 0.5), (250.0, "nm", 0.25), (0.001, "mm", 1)]
)
def test_the_microscope_states_the_scale(size, unit, expected):
    found = decode_picture(ome(PIXELS, size, unit), "x", None)
    assert found.pixel_um == pytest.approx(expected)
    assert found.scale_from == "file"


def test_imagej_states_the_scale_and_paper_does_not():
    imagej = tiff(PIXELS, imagej=True, resolution=(2.0, 2.0), metadata={"unit": "um", "axes": "YXS"})
    assert decode_picture(imagej, "x", None).pixel_um == pytest.approx(0.5)
    with pytest.raises(InputError, match=r"no pixel size in the file or in images.csv.*never assumed"):
        decode_picture(tiff(PIXELS, resolution=(300, 300), resolutionunit="INCH"), "x", None)


def test_a_simulated_picture_is_known_as_one():
    assert decode_picture(tiff(PIXELS, description="SIMULATED field"), "x", 0.5).simulated
    assert not decode_picture(tiff(PIXELS), "x", 0.5).simulated


STACK = np.stack([PIXELS[..., 0]] * 5)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "wrong-content"),
        (b"GIF89a", "wrong-content"),
        (png(PIXELS)[:200], "damaged"),
        (tiff(PIXELS)[:9000], "damaged"),
        (tiff(PIXELS)[:7], "damaged"),
        (by_pillow(PIXELS, "JPEG")[:300], "damaged"),
        (png(PIXELS[..., 0]), "not-colour"),
        (tiff(PIXELS[..., 0]), "not-colour"),
        (by_pillow(PIXELS[..., 0], "JPEG"), "not-colour"),
        (tiff(STACK, metadata={"axes": "ZYX"}), "several-images"),
        (tiff(np.stack([PIXELS] * 3), metadata={"axes": "ZYXS"}), "several-images"),
        (tiff(PIXELS.astype(np.float32)), "unsupported-image"),
        (png(PIXELS[:30]), "tiny-image"),
        (png(np.full_like(PIXELS, 200)), "constant-image"),
        (ome(PIXELS, 0.5, size_y=0.7), "pixels-not-square"),
        (ome(PIXELS, 0.25), "contradicting-scale"),
    ],
)
def test_what_cannot_be_measured_is_refused_once(data, rule):
    with pytest.raises(InputError) as refused:
        decode_picture(data, "x.tif", 0.5)
    assert [v.rule for v in refused.value.violations] == [rule]


@pytest.mark.parametrize("size", [0.001, 100.0])
def test_pixels_no_microscope_has(size):
    with pytest.raises(InputError, match="implausible-scale"):
        decode_picture(ome(PIXELS, size), "x", None)


def test_any_damage_ends_in_a_refusal_or_a_picture():
    rng = stream(3, "damage")
    for data in (png(PIXELS), tiff(PIXELS, compression="zlib"), ome(PIXELS), by_pillow(PIXELS, "JPEG")):
        for _ in range(40):
            broken = bytearray(data)
            for place in rng.integers(0, min(len(data), 600), 4):
                broken[place] = int(rng.integers(256))
            try:
                found = decode_picture(bytes(broken), "x", 0.5)
            except InputError:
                continue
            assert found.pixels.shape[2] == 3


def test_sizes_are_limited_before_anything_is_decoded(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "MOST_VALUES", 10_000)
    for data in (png(PIXELS), tiff(PIXELS), tiff(PIXELS, compression="zlib")):
        with pytest.raises(InputError, match="million pixel values"):
            decode_picture(data, "x", 0.5)
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    (tmp_path / "x.png").write_bytes(png(PIXELS))
    with pytest.raises(InputError, match="too-large"):
        read_bytes(tmp_path / "x.png", "x.png")


def test_a_small_file_that_inflates_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(module, "MOST_VALUES", 100_000)
    data = bytearray(tiff(np.zeros((64, 64, 3), np.uint8), compression="zlib"))
    bomb = tiff(np.zeros((3000, 3000, 3), np.uint8), compression="zlib", rowsperstrip=3000)
    page = tifffile.TiffFile(io.BytesIO(bytes(data))).pages[0]
    other = tifffile.TiffFile(io.BytesIO(bomb)).pages[0]
    piece = bomb[other.dataoffsets[0] : other.dataoffsets[0] + other.databytecounts[0]]
    start = len(data)
    data += piece
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        tags = file.pages[0].tags
        for name, value in (("StripOffsets", start), ("StripByteCounts", len(piece))):
            at, size = tags[name].valueoffset, {3: 2, 4: 4, 16: 8}[tags[name].dtype]
            data[at : at + size] = value.to_bytes(size, "little")
    assert page.compression == 8
    with pytest.raises(InputError, match="larger than the image it belongs to"):
        decode_picture(bytes(data), "x", 0.5)


def test_missing_files_and_folders(tmp_path):
    for name, words in (("none.png", "no such file"), (".", "a folder")):
        with pytest.raises(InputError, match=words):
            read_bytes(tmp_path / name, name)


def test_masks_are_numbered_from_one(tmp_path):
    labels = np.zeros((70, 90), np.uint16)
    labels[5:20, 5:20], labels[5:20, 20:40], labels[40:60, 10:30] = 7, 300, 40_000
    (tmp_path / "m.tif").write_bytes(tiff(labels))
    (tmp_path / "m32.tif").write_bytes(tiff(labels.astype(np.uint32)))
    (tmp_path / "m.png").write_bytes(png(labels))
    for name in ("m.tif", "m32.tif", "m.png"):
        found = read_mask(tmp_path, name, (70, 90), "x")
        assert np.unique(found).tolist() == [0, 1, 2, 3]
        assert (found == 2).sum() == 300
    # Of two values: taken apart into regions.
    (tmp_path / "binary.png").write_bytes(png(np.where(labels > 0, 255, 0).astype(np.uint8)))
    assert read_mask(tmp_path, "binary.png", (70, 90), "x").max() == 2


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (png(PIXELS), "mask-kind"),
        (by_pillow(PIXELS[..., 0], "JPEG"), "mask-kind"),
        (png(PIXELS[:66, :, 0]), "mask-shape"),
        (png(np.zeros((70, 90), np.uint8)), "mask-empty"),
        (png(np.full((70, 90), 4, np.uint8)), "mask-empty"),
    ],
)
def test_masks_that_are_none(tmp_path, data, rule):
    (tmp_path / "m.png").write_bytes(data)
    with pytest.raises(InputError) as refused:
        read_mask(tmp_path, "m.png", (70, 90), "x.png")
    assert [v.rule for v in refused.value.violations] == [rule]
