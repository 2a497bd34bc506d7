"""Raster pictures in the page: words, limits, scale, and nothing that is not theirs."""

import io
import re
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mitograft.errors import UsageError
from mitograft.report import (
    Figure,
    LegendEntry,
    Picture,
    Pictures,
    ScaleBar,
    Section,
    render_html,
    shrink_png,
)
from mitograft.report.picture import MOST_BYTES, MOST_PICTURES

YELLOW, ORANGE = (240, 228, 66), (213, 94, 0)


def png(width=40, height=30, pixels=None):
    buffer = io.BytesIO()
    picture = Image.new("RGB", (width, height), (9, 9, 9)) if pixels is None else Image.fromarray(pixels)
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def photograph(width, height):
    """A noisy grey photograph with a thin ring and a line in colour."""
    shade = np.random.default_rng(1).integers(0, 120, (height, width)).astype(np.uint8)
    pixels = np.repeat(shade[..., None], 3, axis=2)
    pixels[height // 2] = YELLOW
    pixels[:, width // 3] = ORANGE
    return pixels


ONE = Picture(
    "field",
    "IIM, P1",
    "Fusion index 0.4.",
    "Field P1: 40 of 100 nuclei are fused.",
    png(),
    ScaleBar("100 µm", 0.25),
    (LegendEntry("#f0e442", "fused nucleus"),),
    "overlays/P1 (1).png",
)


def page_with(make_document, page_of, *blocks, kind="measured"):
    document = make_document(kind, sections=(Section("s", "S", "", blocks),))
    return page_of(render_html(document))


def test_a_picture_carries_its_bytes_words_scale_and_legend(make_document, page_of):
    page = page_with(make_document, page_of, ONE)
    (image,) = page.all("img")
    assert b64decode(image.attributes["src"].removeprefix("data:image/png;base64,")) == ONE.png
    assert image.attributes["alt"] == ONE.alt
    assert (image.attributes["width"], image.attributes["height"]) == ("40", "30")
    card = page.by_id("figure-field")
    assert "Figure 1 IIM, P1" in card.text
    assert "100 µm" in card.text
    assert "fused nucleus" in card.text
    assert page.all("span", "bar")[0].attributes["style"] == "width: 25.00%"
    assert page.all("div", "frame")[0].attributes["style"] == "max-width: 40px"  # never larger than it is


def test_several_pictures_are_one_figure_with_a_link_for_each(make_document, page_of):
    items = tuple(replace(ONE, id=f"field-{n}", file=f"overlays/P{n}.png") for n in (1, 2, 3))
    page = page_with(make_document, page_of, Pictures("fields", "Fields", "Three fields.", items))
    assert len(page.all("img")) == 3
    links = [a for a in page.all("a") if a.text.endswith(".png")]
    assert [a.attributes["href"] for a in links] == [f"./overlays/P{n}.png" for n in (1, 2, 3)]
    assert [e.text for e in page.all("b")].count("Figure 1") == 1
    assert "IIM, P1 Fusion index 0.4." in " ".join(page.by_id("figure-field-2").text.split())
    assert len(page.all("figure")) == 1


@pytest.mark.parametrize("kind", ["measured", "published", "simulated"])
def test_pictures_are_marked_as_figures_are(kind, make_document, page_of):
    page = page_with(make_document, page_of, ONE, kind=kind)
    marks = [m.text for m in page.inside(page.by_id("figure-field"), "span") if "mark" in str(m.attributes)]
    assert marks == {"measured": [], "published": ["published data"], "simulated": ["Simulated data"]}[kind]


def test_a_kind_of_its_own_is_shown(make_document, page_of):
    page = page_with(make_document, page_of, replace(ONE, data_kind="simulated"))
    assert "Simulated data" in page.by_id("figure-field").text


def test_names_of_files_cannot_become_addresses(make_document, page_of):
    for name in ("javascript:alert(1)", 'x" onclick="alert(1).png', "a/b c%?#.png", "//evil.example/x.png"):
        if name.startswith("/"):
            continue
        page = page_with(make_document, page_of, replace(ONE, file=name))
        (link,) = [a for a in page.all("a") if a.attributes.get("href", "").startswith("./")]
        assert re.fullmatch(r"\./[\w./%~-]*", link.attributes["href"])
        assert "onclick" not in link.attributes


@pytest.mark.parametrize(
    "text", ['"><script>alert(1)</script>', "{{ 7 * 7 }}", "<img src=x onerror=alert(1)>"]
)
def test_hostile_words_stay_words(text, make_document, page_of):
    item = replace(ONE, title=text, caption=text, alt=text, scale=ScaleBar(text, 0.5))
    block = Pictures("fields", text, text, (item,), (LegendEntry("#ffffff", text),))
    page = page_with(make_document, page_of, block)
    (image,) = page.all("img")
    assert image.attributes["alt"] == text
    assert not any(name.startswith("on") for e in page.elements for name in e.attributes)
    assert "script" not in {e.name for e in page.elements}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"alt": " "}, "expected a title and a text alternative"),
        ({"title": ""}, "expected a title and a text alternative"),
        ({"png": b"GIF89a"}, "bytes that are no PNG"),
        ({"png": b"\x89PNG\r\n\x1a\n" + b"x" * 40}, "bytes that are no PNG"),
        ({"png": png() + b"x" * MOST_BYTES}, "Shrink it first"),
        ({"png": png(4000, 3)}, "found 4000 by 3 pixels"),
        ({"file": "../secret.png"}, "expected a path from the report's folder"),
        ({"file": "/etc/passwd"}, "expected a path from the report's folder"),
        ({"file": "a\\b.png"}, "expected a path from the report's folder"),
    ],
)
def test_what_cannot_be_shown_is_refused(change, words):
    with pytest.raises(UsageError, match=re.escape(words)):
        replace(ONE, **change)


def test_bars_legends_and_grids_are_checked():
    for share in (0, 1.2, float("nan")):
        with pytest.raises(UsageError, match="above 0 and at most 1"):
            ScaleBar("1 µm", share)
    with pytest.raises(UsageError, match="expected a colour as #rrggbb"):
        LegendEntry("red; background: url(x)", "nuclei")
    many = tuple(replace(ONE, id=f"f-{n}") for n in range(MOST_PICTURES + 1))
    for items in ((), many):
        with pytest.raises(UsageError, match=f"found {len(items)} pictures"):
            Pictures("fields", "Fields", "", items)


def test_pictures_and_figures_share_their_addresses(make_document, plain_svg):
    for twice in (
        (ONE, Figure("field", "T", "C", "A", plain_svg)),
        (Pictures("fields", "F", "", (ONE, ONE)),),
    ):
        with pytest.raises(UsageError, match="'field' is used twice"):
            make_document(sections=(Section("s", "S", "", twice),))


def test_a_wide_picture_is_shrunk_and_keeps_its_colours():
    before = png(pixels=photograph(900, 600))
    small = shrink_png(before, 480)
    assert small == shrink_png(before, 480)
    assert len(small) < len(before) / 4
    picture = np.array(Image.open(io.BytesIO(small)).convert("RGB"))
    assert picture.shape == (300, 450, 3)
    colours = {tuple(c) for c in picture.reshape(-1, 3).tolist() if max(c) != min(c)}
    assert colours == {YELLOW, ORANGE}
    yellow = (picture == YELLOW).all(axis=2)
    assert yellow.any(axis=1).sum() == 1  # one whole line, broken only where the other crosses it
    assert yellow.sum() >= 449


@pytest.mark.parametrize("width", [40, 480, 590])
def test_a_picture_that_is_small_enough_keeps_its_size(width):
    before = png(pixels=photograph(width, 60))
    with Image.open(io.BytesIO(shrink_png(before, 480))) as after:
        assert after.size == (width, 60)
    assert len(shrink_png(before, 480)) <= len(before)


def test_what_is_no_picture_cannot_be_shrunk():
    for data in (b"", b"\x89PNG\r\n\x1a\nxxxx", png()[:60]):
        with pytest.raises(UsageError, match="bytes that are no PNG"):
            shrink_png(data, 480)
    with pytest.raises(UsageError, match="expected at least 1 pixel"):
        shrink_png(png(), 0)


def test_many_colours_are_kept_as_they_are():
    colours = np.arange(60 * 60 * 3).reshape(60, 60, 3).astype(np.uint8)
    with Image.open(io.BytesIO(shrink_png(png(pixels=colours), 480))) as after:
        kept = np.array(after.convert("RGB"))
    coloured = colours.max(axis=2) > colours.min(axis=2)
    assert (kept == colours)[coloured].all()
