"""A new folder appears whole or not at all."""

import pytest

from mitograft.errors import EnvironmentFault, UsageError
from mitograft.provenance import new_directory


def test_it_appears_at_the_end(tmp_path):
    with new_directory(tmp_path / "study") as build:
        (build / "x").write_text("x")
        assert not (tmp_path / "study").exists()
    assert (tmp_path / "study" / "x").read_text() == "x"
    assert [p.name for p in tmp_path.iterdir()] == ["study"]


def test_a_failure_leaves_nothing(tmp_path):
    def fail():
        with new_directory(tmp_path / "study") as build:
            (build / "x").write_text("x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_of_the_machine_is_said(tmp_path):
    with pytest.raises(EnvironmentFault), new_directory(tmp_path / "study"):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_it_harms_nothing_that_is_there(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    for place in (tmp_path / "full", tmp_path / "full" / "x", tmp_path / "absent" / "study"):
        with (
            pytest.raises(UsageError, match=r"expected a new or empty folder|Make that first"),
            new_directory(place),
        ):
            pass
    assert (tmp_path / "full" / "x").read_text() == "x"
