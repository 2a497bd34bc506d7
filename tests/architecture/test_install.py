"""tools/install.py decides rightly what is missing; pip itself is not called here."""

import runpy
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "install.py"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """The functions of the tool, looking at an empty place instead of this repository."""
    tool = runpy.run_path(str(TOOL))
    places = tool["main"].__globals__
    (tmp_path / "bin").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    monkeypatch.setitem(places, "ROOT", tmp_path)
    monkeypatch.setitem(places, "ENVIRONMENT", tmp_path)
    monkeypatch.setitem(places, "PYTHON", tmp_path / "bin" / "python")
    return places


PARTS = {"run": "click==8\n", "develop": "pytest==9\n"}


def mark_installed(install, *names):
    for name in names:
        stamp = install["ENVIRONMENT"] / install["STAMP"].format(name)
        stamp.write_text(install["make_stamp"](PARTS[name]), encoding="utf-8")


def test_without_an_interpreter_everything_is_missing(install):
    mark_installed(install, "run", "develop")
    assert install["find_missing"](PARTS) == ["run", "develop"]


def test_what_is_stamped_is_in_place(install):
    install["PYTHON"].touch()
    mark_installed(install, "run")
    assert install["find_missing"](PARTS) == ["develop"]
    assert install["find_missing"]({"run": PARTS["run"]}) == []


def test_a_changed_lock_or_project_is_installed_again(install):
    install["PYTHON"].touch()
    mark_installed(install, "run", "develop")
    assert install["find_missing"]({**PARTS, "run": "click==9\n"}) == ["run"]
    (install["ROOT"] / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    assert install["find_missing"](PARTS) == ["run", "develop"]


def test_parts_are_read_in_order():
    read_parts = runpy.run_path(str(TOOL))["read_parts"]
    assert read_parts("# head\n\n# part: a\nx==1\n\n# part: b\ny==2\n") == {"a": "x==1\n\n", "b": "y==2\n"}


def test_an_unsupported_python_is_told_so(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 2))
    with pytest.raises(SystemExit, match=r"mitograft needs Python 3\.11 to 3\.14; this is "):
        runpy.run_path(str(TOOL))
