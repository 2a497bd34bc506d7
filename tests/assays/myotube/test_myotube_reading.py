"""Every way a microscope's file can be wrong ends in one clear refusal; right ones are read as they are."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from mitograft.assays.myotube.read import read_field, read_labels
from mitograft.assays.myotube.simulate import FieldTruth, draw_scene, write_ome_tiff
from mitograft.errors import InputError
from mitograft.seeds import stream

TRUTH = FieldTruth("a", size_px=256, nuclei_per_mm2=1600.0)
NAMED = {"nuclei": 1, "myosin": 2}


@pytest.fixture(scope="module")
def scene():
    return draw_scene(TRUTH, stream(1, "reading"))


@pytest.fixture
def ome(scene, tmp_path):
    path = tmp_path / "field.ome.tif"
    write_ome_tiff(path, scene.channels, 0.65, "a")
    return path


def refusal(path, rule, words, **arguments):
    with pytest.raises(InputError, match=words) as refused:
        read_field(path, **arguments)
    assert [violation.rule for violation in refused.value.violations] == [rule]
    assert path.name in str(refused.value) or arguments.get("myosin")


def test_ome_tiff_gives_channels_and_scale(scene, ome):
    field = read_field(ome)
    assert np.array_equal(field.nuclei, scene.channels[0])
    assert np.array_equal(field.myosin, scene.channels[1])
    assert (field.pixel_size_um, field.scale_from, field.names) == (0.65, "file", ("DAPI", "MyHC"))


def test_channels_are_found_by_name_not_by_position(scene, tmp_path):
    path = tmp_path / "f.ome.tif"
    write_ome_tiff(path, scene.channels[::-1], 0.65, "a", ("MF20-Alexa 594", "Hoechst 33342"))
    assert np.array_equal(read_field(path).nuclei, scene.channels[0])


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_imagej_scale_and_compressions(scene, tmp_path, compression):
    path = tmp_path / "f.tif"
    notes = {"unit": "um", "axes": "CYX", "Labels": ["DAPI", "MyHC"]}
    kind = {} if compression else {"imagej": True, "metadata": notes}
    tifffile.imwrite(path, np.stack(scene.channels), resolution=(2, 2), compression=compression, **kind)
    if compression is None:
        assert read_field(path).pixel_size_um == pytest.approx(0.5)
    else:  # resolution of a plain TIFF speaks of paper
        refusal(path, "missing-scale", "never assumed", channels=NAMED)
        field = read_field(path, channels=NAMED, pixel_size_um=0.65)
        assert np.array_equal(field.myosin, scene.channels[1])


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits"])
def test_compressions_that_pillow_decodes(scene, tmp_path, compression):
    path = tmp_path / "f.tif"
    first, second = (Image.fromarray(channel) for channel in scene.channels)
    first.save(path, save_all=True, append_images=[second], compression=compression)
    field = read_field(path, channels=NAMED, pixel_size_um=0.65)
    assert np.array_equal(field.nuclei, scene.channels[0])
    assert np.array_equal(field.myosin, scene.channels[1])


def test_png_in_colour_and_in_pairs(scene, tmp_path):
    eight = [(channel // 16).astype(np.uint8) for channel in scene.channels]
    Image.fromarray(np.dstack([eight[0] * 0, eight[1], eight[0]])).save(tmp_path / "c.png")
    refusal(tmp_path / "c.png", "channels-unknown", "Say which is which", pixel_size_um=0.65)
    colours = {"nuclei": "blue", "myosin": "green"}
    field = read_field(tmp_path / "c.png", channels=colours, pixel_size_um=0.65)
    assert np.array_equal(field.nuclei, eight[0])
    for name, channel in zip("nm", scene.channels, strict=True):
        Image.fromarray(channel).save(tmp_path / f"{name}.png")
    pair = read_field(tmp_path / "n.png", myosin=tmp_path / "m.png", pixel_size_um=0.65)
    assert np.array_equal(pair.myosin, scene.channels[1])
    assert pair.scale_from == "user"


def test_swapped_channels_are_noticed(scene, tmp_path):
    path = tmp_path / "f.ome.tif"
    write_ome_tiff(path, scene.channels[::-1], 0.65, "a")
    refusal(path, "swapped-channels", "Swap the two channels")
    write_ome_tiff(path, (scene.channels[0],) * 2, 0.65, "a")
    refusal(path, "same-channel-twice", "the same picture in both")


def test_wrong_kinds_of_file(scene, ome, tmp_path):
    path = tmp_path / "x.tif"
    refusal(path, "no-file", "no such file")
    path.write_bytes(b"not a picture")
    refusal(path, "wrong-content", "neither TIFF nor PNG")
    whole = ome.read_bytes()
    for size in (9, 400, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:size])
        refusal(path, "damaged", "damaged|ends before")
    tifffile.imwrite(path, scene.channels[0])
    refusal(path, "single-channel", "found one channel", pixel_size_um=0.65)
    tifffile.imwrite(path, np.zeros((5, 2, 80, 80), "u2"), metadata={"axes": "ZCYX"}, ome=True)
    refusal(path, "stack", "a stack of 5 planes.*maximum projection")
    tifffile.imwrite(path, np.zeros((2, 80, 80), "f4"))
    refusal(path, "unsupported-image", "float32", channels=NAMED)


def test_wrong_pictures(scene, tmp_path):
    path = tmp_path / "x.ome.tif"
    write_ome_tiff(path, tuple(c[:40, :40] for c in scene.channels), 0.65, "a")
    with pytest.raises(InputError) as refused:
        read_field(path)
    assert [v.rule for v in refused.value.violations] == ["tiny-image"] * 2  # both are listed
    write_ome_tiff(path, (scene.channels[0], np.full((256, 256), 7, "u2")), 0.65, "a")
    refusal(path, "constant-image", "the same value 7 everywhere")
    write_ome_tiff(path, scene.channels, 0.65, "a", ("DAPI", "TRITC"))
    refusal(path, "channels-unknown", "one channel named for myosin")


@pytest.mark.parametrize(
    ("own", "given", "rule"), [(650, None, "implausible-scale"), (0.65, 0.3, "contradicting-scale")]
)
def test_wrong_scales(scene, tmp_path, own, given, rule):
    path = tmp_path / "x.ome.tif"
    write_ome_tiff(path, scene.channels, own, "a")
    refusal(path, rule, "µm", pixel_size_um=given)


def test_a_small_file_cannot_claim_a_huge_picture(tmp_path):
    path = tmp_path / "bomb.png"
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    parts = [struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    with pytest.raises(InputError, match=r"too-large|damaged"):
        read_field(path, pixel_size_um=0.65)


def test_masks_of_other_tools(scene, ome, tmp_path):
    field = read_field(ome)
    path = tmp_path / "mask.tif"
    tifffile.imwrite(path, scene.nuclei.astype(np.uint16))
    assert np.array_equal(read_labels(path, field), scene.nuclei)
    buffer = io.BytesIO()
    Image.fromarray((scene.objects > 0).astype(np.uint8) * 255).save(buffer, "PNG")
    (tmp_path / "m.png").write_bytes(buffer.getvalue())
    assert np.array_equal(read_labels(tmp_path / "m.png", field), scene.objects)
    tifffile.imwrite(path, scene.nuclei[:50].astype(np.uint16))
    with pytest.raises(InputError, match="mask-shape"):
        read_labels(path, field)
    tifffile.imwrite(path, np.zeros((256, 256), np.uint16))
    with pytest.raises(InputError, match="mask-empty"):
        read_labels(path, field)
