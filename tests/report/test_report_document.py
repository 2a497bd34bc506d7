"""What a document refuses to hold, and how it says so."""

import subprocess
import sys
from dataclasses import FrozenInstanceError, replace

import pytest

import mitograft.report
from mitograft.errors import UsageError
from mitograft.report import Figure, Section, Table, TableColumn, render_html

A = TableColumn("a", "A")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: Table("t", "C", (A, A), ()),
            r"Table 't': found columns \['a', 'a'\]; expected one or more, each once",
        ),
        (lambda: Table("t", "C", (), ()), r"Table 't': found columns \[\]; expected one or more"),
        (lambda: Table("t", "C", (A,), ((1,), (1, 2))), r"Table 't', row 1: found 2 cells, expected 1\."),
        (lambda: Figure("f", "T", "C", " ", "<svg/>"), "Figure 'f': expected a title and a text alternative"),
        (lambda: Figure("f", "", "C", "A", "<svg/>"), "Figure 'f': expected a title and a text alternative"),
    ],
)
def test_blocks_that_cannot_be_shown_are_refused(make, sentence):
    with pytest.raises(UsageError, match=sentence):
        make()


@pytest.mark.parametrize("name", ["", "A", "a b", "a_b", "-a", "a-", "a--b", "1a", "a\n", 'a"', "é"])
def test_malformed_ids_are_refused(make_document, name):
    with pytest.raises(UsageError, match=r"Section id .*: expected lower-case letters"):
        make_document(sections=(Section(name, "T", ""),))
    with pytest.raises(UsageError, match=r"Table id .*: expected lower-case letters"):
        make_document(sections=(Section("s", "T", "", (Table(name, "C", (A,), ()),)),))


def test_ids_used_twice_are_refused_also_within_figures(make_document, plain_svg):
    table = Table("t", "C", (A,), ())
    figure = Figure("f", "T", "C", "A", plain_svg, table)
    with pytest.raises(UsageError, match="Section id 's' is used twice"):
        make_document(sections=(Section("s", "T", ""), Section("s", "T", "")))
    with pytest.raises(UsageError, match="Table id 't' is used twice"):
        make_document(sections=(Section("s", "T", "", (figure, table)),))
    with pytest.raises(UsageError, match="Figure id 'f' is used twice"):
        make_document(sections=(Section("s", "T", "", (figure, replace(figure, source=None))),))


def test_a_figure_a_table_and_a_section_may_share_an_id(make_document, plain_svg, page_of):
    table = Table("same", "C", (A,), ())
    section = Section("same", "T", "", (Figure("same", "T", "C", "A", plain_svg), table))
    page = page_of(render_html(make_document(sections=(section,))))
    assert max(page.ids().values()) == 1


@pytest.mark.parametrize("reserved", ["content", "same-heading", "heading", "table-t"])
def test_section_ids_that_the_page_uses_itself_do_not_clash(make_document, page_of, reserved):
    sections = (Section("same", "T", "", (Table("t", "C", (A,), ()),)), Section(reserved, "T", ""))
    page = page_of(render_html(make_document(sections=sections)))
    assert max(page.ids().values()) == 1


def test_ids_that_extend_one_another_do_not_clash(make_document, page_of, plain_svg):
    figures = tuple(Figure(name, "T", "C", "A", plain_svg) for name in ("f", "f-clip", "f-title", "title-f"))
    tables = tuple(Table(name, "C", (A,), ()) for name in ("t", "t-caption", "caption-t"))
    page = page_of(render_html(make_document(sections=(Section("s", "T", "", figures + tables),))))
    assert max(page.ids().values()) == 1


@pytest.mark.parametrize("tag", ["", "e", "english language", 'en" onload="x', "en_GB"])
def test_malformed_language_tags_are_refused(make_document, tag):
    with pytest.raises(UsageError, match="expected a tag such as 'en'"):
        make_document(language=tag)


def test_documents_are_frozen(make_document):
    with pytest.raises(FrozenInstanceError):
        make_document().title = "other"


def test_the_public_names_are_complete_and_sorted():
    assert mitograft.report.__all__ == sorted(mitograft.report.__all__)
    assert all(hasattr(mitograft.report, name) for name in mitograft.report.__all__)


def test_a_page_is_rendered_without_plotting_statistics_or_data_frames():
    program = (
        "import sys; import mitograft.report as r;"
        "assert 'jinja2' not in sys.modules, 'importing the room must stay cheap';"
        "r.render_html(r.Document('T', '', 'measured', '', (), (), ''));"
        "print(sorted({'matplotlib', 'scipy', 'polars', 'mitograft.trial'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_the_figures_does_not_import_the_plotting_library():
    program = "import sys; import mitograft.report.figures; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
