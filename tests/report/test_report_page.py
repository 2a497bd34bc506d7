"""The structure of the page: one strict HTML file that needs nothing else."""

import csv
import io
import re
from itertools import pairwise
from urllib.parse import unquote, unquote_to_bytes

import pytest

from mitograft.report import Document, Section, render_html
from mitograft.tables.read import read_table

KINDS = ("measured", "published", "simulated")


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def html(kind, make_document):
    return render_html(make_document(kind))


@pytest.fixture(scope="module")
def page(html, page_of):
    return page_of(html)


def test_the_page_is_well_formed_and_begins_as_html_must(html, page):
    assert html.startswith('<!DOCTYPE html>\n<html lang="en"')
    assert html.endswith("</html>\n")
    assert [e.name for e in page.elements].count("title") == 1
    assert page.all("meta")[0].attributes == {"charset": "utf-8"}
    assert html.index("<meta charset") < 1024  # browsers look for the encoding in the first 1024 bytes


def test_nothing_is_loaded_from_anywhere(page):
    loading = {"script", "iframe", "object", "embed", "img", "base", "form", "audio", "video", "image"}
    assert not loading & {e.name for e in page.elements}
    for element in page.elements:
        for name, value in element.attributes.items():
            if name in {"src", "srcset", "action", "data", "poster", "background"}:
                pytest.fail(f"<{element.name} {name}={value!r}>")
            if name in {"href", "xlink:href"}:
                links = ("#", "data:text/csv;", "data:image/svg+xml,", "https://")
                assert value.startswith(links), value
                assert not value.startswith("https://") or element.name == "a"
            assert not name.startswith("on")
            assert not re.search(r"url\(\s*[^#\s]", value)
    style = page.all("style")[0].text
    assert "url(" not in style
    assert "@import" not in style


def test_the_security_policy_forbids_scripts_and_every_request(page):
    (policy,) = [e for e in page.all("meta") if e.attributes.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(part.strip().split(" ", 1) for part in policy.attributes["content"].split(";"))
    assert rules == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    # A policy counts only for what comes after it.
    head = [e.name for e in page.elements]
    assert head.index("meta") < head.index("style") < head.index("body")


def test_the_same_document_gives_the_same_bytes(html, kind, make_document):
    assert render_html(make_document(kind)).encode() == html.encode()


def test_ids_are_unique_and_every_link_within_the_page_has_a_target(page):
    ids = page.ids()
    assert [name for name, count in ids.items() if count > 1] == []
    for element in page.elements:
        for name in ("aria-labelledby", "aria-describedby", "headers", "for"):
            for target in element.attributes.get(name, "").split():
                assert target in ids
        if element.attributes.get("href", "").startswith("#"):
            assert element.attributes["href"][1:] in ids


def test_references_within_figures_stay_within_their_figure(page):
    ids = page.ids()
    for element in page.elements:
        for target in re.findall(r"url\(#([^)]+)\)", " ".join(element.attributes.values())):
            assert target in ids
            cards = [
                a.attributes["id"]
                for a in element.ancestors
                if a.attributes.get("id", "").startswith("figure-")
            ]
            assert target.startswith(f"{cards[0]}.")


def test_landmarks_skip_link_and_headings(page):
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.all(landmark)) == 1, landmark
    first_link = page.all("a")[0]
    assert first_link.attributes["href"] == "#content"
    assert page.by_id("content").name == "main"
    levels = [int(e.name[1]) for e in page.elements if re.fullmatch(r"h[1-6]", e.name)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.all("nav")[0].attributes["aria-label"]


def test_the_contents_list_every_section_in_order(page, make_document):
    links = page.inside(page.all("nav")[0], "a")
    assert [(a.attributes["href"].removeprefix("#section-"), a.text) for a in links] == [
        (section.id, section.title) for section in make_document().sections
    ]


def test_every_table_has_a_caption_and_scoped_headers(page):
    tables = page.all("table")
    assert len(tables) == 6
    for table in tables:
        assert len(page.inside(table, "caption")) == 1
        assert page.inside(table, "caption")[0].text.strip()
        assert {th.attributes.get("scope") for th in page.inside(table, "th")} == {"col", "row"}


def test_every_scrolling_region_can_be_reached_by_keyboard_and_has_a_name(page):
    regions = page.all("div", "scroll")
    assert len(regions) == 6
    for region in regions:
        assert region.attributes["tabindex"] == "0"
        assert region.attributes["role"] == "group"
        assert region.attributes.get("aria-label") or region.attributes.get("aria-labelledby")


def test_every_figure_has_a_text_alternative_a_title_a_caption_and_its_data(page):
    figures = page.all("figure")
    assert len(figures) == 2
    for figure, name in zip(figures, ("waterfall", "history"), strict=True):
        (svg,) = [s for s in page.inside(figure, "svg") if s.attributes.get("role") == "img"]
        assert svg.attributes["aria-label"] == f"Text alternative of {name}."
        assert page.by_id(figure.attributes["aria-labelledby"]).text.endswith(f"Figure about {name}")
        assert len(page.inside(figure, "figcaption")) == 1
        assert page.by_id(f"table-{name}-data")


def test_decorative_pictures_are_hidden_from_screen_readers(page):
    for svg in page.all("svg"):
        assert svg.attributes.get("aria-hidden") == "true" or svg.attributes.get("role") == "img"


def test_figures_and_tables_are_numbered_in_reading_order(page):
    numbers = [e.text for e in page.all("b") if re.fullmatch(r"(Figure|Table|Data of Figure) \d+", e.text)]
    assert list(dict.fromkeys(numbers)) == [
        "Table 1",
        "Figure 1",
        "Data of Figure 1",
        "Figure 2",
        "Data of Figure 2",
        "Table 2",
        "Table 3",
        "Table 4",
    ]


def test_long_tables_are_closed_and_small_ones_open(page):
    closed = [e for e in page.all("table") if any(a.name == "details" for a in e.ancestors)]
    assert len(closed) == 4  # the data of two figures, the long table, the rest of the claims
    assert all("open" not in e.attributes for e in page.all("details"))
    counts = [e.text for e in page.all("span", "count")]
    assert counts == ["4 rows", "4 rows", "4 rows", "1 claim"]


def test_marks_say_where_the_data_come_from_on_the_page_and_on_every_block(page, kind):
    blocks = [e for e in page.elements if re.match(r"(figure|table|claims)-", e.attributes.get("id", ""))]
    blocks = [b for b in blocks if "card" in b.attributes.get("class", "").split()]
    assert len(blocks) == 8
    words = {"measured": None, "published": "published data", "simulated": "Simulated data"}[kind]
    for block in blocks:
        marks = [
            m.text for m in page.inside(block, "span") if "mark" in m.attributes.get("class", "").split()
        ]
        if block.attributes["id"] == "claims-rest":
            assert marks[0] == "Simulated data"  # its only claim rests on simulated data
        elif words is None:
            assert marks in ([], ["Simulated data"])  # one claim of four rests on simulated data
        else:
            assert words in marks
    head = [m.text for m in page.inside(page.all("header")[0], "span")]
    expected = {
        "measured": [],
        "published": ["Published data, re-analysed"],
        "simulated": ["Simulated data, not measured"],
    }
    assert head == expected[kind]
    assert (kind in page.all("html")[0].attributes["class"]) is True
    assert page.all("title")[0].text.startswith("Simulated data") is (kind == "simulated")


def test_a_claim_on_simulated_data_is_marked_beside_its_verdict(page):
    cells = [td for td in page.all("td") if "not tested" in td.text]
    assert len(cells) == 2
    assert all("Simulated data" in cell.text for cell in cells)


def test_verdicts_are_words_with_a_shape_each(page):
    badges = page.by_id("claims-all")
    shapes = {}
    for badge in [
        s for s in page.inside(badges, "span") if s.attributes.get("class", "").startswith("badge ")
    ]:
        shapes[badge.text.strip()] = tuple(
            (e.name, tuple(e.attributes.items()))
            for e in page.elements
            if any(a is badge for a in e.ancestors)
        )
    assert list(shapes) == ["supported", "not supported", "inconclusive", "not tested"]
    assert len(set(shapes.values())) == 4


def test_verdicts_show_interval_reason_companion_flag_and_source(page):
    text = page.by_id("claims-all").text
    for words in (
        "3.14 (1.00 to 5.00) points",
        "The interval is above 0.",
        "Beside it: Placebo did as well.",
        "Not confirmed: margin from memory",
    ):
        assert words in text
    assert [e.text for e in page.inside(page.by_id("claims-all"), "li")] == [
        "1 supported",
        "1 not supported",
        "1 inconclusive",
        "1 not tested",
    ]


def test_every_table_offers_its_rows_as_csv(page, make_table):
    downloads = page.all("a", "download")
    assert len(downloads) == 6
    prefix = "data:text/csv;charset=utf-8,"
    for link in downloads:
        assert link.attributes["href"].startswith(prefix)
        text = unquote(link.attributes["href"].removeprefix(prefix), errors="strict")
        assert text.startswith("\ufeff")
        if "claims" in link.attributes["download"]:
            continue
        rows = list(csv.reader(io.StringIO(text[1:], newline="")))
        if rows[0][0] == "claim":
            continue
        assert rows[0] == [column.name for column in make_table().columns]
        assert rows[1:] == [
            ["A-01", "42.5", "-0.04", "10.1186/ar4263"],
            ['B, "the second"', "100", "-12.25", "'=HYPERLINK(1)"],
            ["Ç", "", "", ""],
            ["D", "7", "3", "see https://example.org/a?b=1&c=2."],
        ]


def test_mitografts_own_reader_reads_a_downloaded_table(page, tmp_path):
    link = page.inside(page.by_id("table-totals"), "a")[-1]
    path = tmp_path / link.attributes["download"]
    path.write_bytes(unquote_to_bytes(link.attributes["href"].partition(",")[2]))
    columns = read_table(path).columns
    assert list(columns) == ["patient", "tis", "change", "source"]
    assert list(columns["patient"]) == ["A-01", 'B, "the second"', "Ç", "D"]
    assert list(columns["tis"]) == ["42.5", "100", None, "7"]
    assert columns["source"][1] == "=HYPERLINK(1)"


def test_the_file_name_of_simulated_data_says_so(page, kind):
    names = [a.attributes["download"] for a in page.all("a", "download")]
    assert "simulated-rest.csv" in names
    assert ("simulated-totals.csv" in names) is (kind == "simulated")
    assert all(re.fullmatch(r"[a-z0-9-]+\.csv", name) for name in names)


def test_cells_are_written_for_readers(page):
    cells = [
        [c.text for c in page.inside(row, "th") + page.inside(row, "td")]
        for row in page.inside(page.by_id("table-totals"), "tr")
    ]
    space, point = "\u2007", "\u2008"
    assert [row[1:3] for row in cells[1:]] == [
        ["42.5", "0.0"],
        [f"100{point}{space}", "−12.2"],
        [f"–{point}{space}", "–"],
        [f"7{point}{space}", "3.0"],
    ]
    assert cells[0][1] == "Total Improvement Scorepoints"
    assert "– no value." in page.by_id("table-totals").text


def test_a_table_without_missing_values_has_no_legend(make_table, make_document, page_of):
    table = make_table(rows=(("A", 1, 2, "x"),))
    page = page_of(render_html(make_document(sections=(Section("s", "S", "", (table,)),))))
    assert "no value" not in page.by_id("table-totals").text


def test_addresses_and_dois_are_links_that_leak_nothing(page):
    outside = [a for a in page.all("a") if a.attributes["href"].startswith("https:")]
    assert {a.attributes["href"] for a in outside} == {
        "https://doi.org/10.1186/ar4263",
        "https://doi.org/10.1002/art.40064",
        "https://example.org/a?b=1&c=2",
    }
    assert {a.attributes["rel"] for a in outside} == {"noreferrer noopener"}


def test_notes_and_warnings_say_which_they_are(page):
    assert [e.text for e in page.all("div", "aside")] == ["Note A note.", "Warning A warning."]


def test_it_says_what_it_is_not_for(page):
    assert "Not a medical device" in page.all("footer")[0].text
    assert "mitograft 0.1.0, seed 1" in page.all("footer")[0].text


def test_the_language_is_the_documents(make_document, page_of):
    page = page_of(render_html(make_document(language="pt-BR")))
    assert page.all("html")[0].attributes["lang"] == "pt-BR"


def test_an_empty_document_is_a_page_too(page_of):
    page = page_of(render_html(Document("T", "", "measured", "", (), (), "")))
    assert page.all("h1")[0].text == "T"
    assert page.all("dl") == []


def test_the_style_serves_print_dark_and_small_screens(html):
    for rule in (
        "@media screen and (prefers-color-scheme: dark)",
        "@media print",
        "size: A4",
        "@media (max-width: 44rem)",
        "@media (prefers-reduced-motion: no-preference)",
    ):
        assert rule in html
    printed = html[html.index("@media print") :]
    assert "details::details-content { content-visibility: visible" in printed
    assert "break-inside: avoid" in printed
    assert "attr(href)" not in html  # addresses of links are not printed
