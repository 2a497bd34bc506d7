"""A killed writer never leaves a half file, a half folder or a broken log (kill -9, not loss of power)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signal 9 and fork exist on POSIX only")

KILLS = 35


def killing(*arguments):
    program = Path(__file__).with_name("killing.py")
    done = subprocess.run(
        [sys.executable, program, *map(str, arguments)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", ["file", "folder", "log"])
def test_killed_at_random_moments(kind, tmp_path):
    report = killing("random", kind, tmp_path, KILLS)
    assert report["wrong"] == []
    assert report["kills"] == KILLS
    assert report["written"] > 0
    assert report["end"] == 10**6


@pytest.mark.parametrize(("kind", "way"), [("file", "exchange"), ("log", "exchange"), ("folder", "exchange")])
def test_ended_before_each_step_there_is_the_old_or_the_new(kind, way, tmp_path):
    report = killing("steps", kind, tmp_path, way)
    seen = report["seen"]
    assert report["wrong"] == []
    # First the old one, from one step on the new one, never anything else.
    assert set(seen) == {0, 1}
    assert seen == sorted(seen)
    assert set(report["recovered"]) == {2}


def test_without_exchange_only_the_gap_between_two_renames_shows_nothing(tmp_path):
    report = killing("steps", "folder", tmp_path, "renames")
    seen = report["seen"]
    assert report["wrong"] == []
    assert seen.count("nothing") == 1
    gap = seen.index("nothing")
    assert set(seen[:gap]) == {0}
    assert set(seen[gap + 1 :]) == {1}
    # The next run puts it right and leaves nothing behind.
    assert set(report["recovered"]) == {2}
    assert report["litter"] == [[]] * len(seen)


def test_a_run_killed_while_it_recovers_loses_nothing(tmp_path):
    report = killing("steps", "folder", tmp_path, "set aside")
    assert report["wrong"] == []
    assert set(report["seen"]) == {"nothing", 0, 1}
    assert set(report["recovered"]) == {2}
    assert report["litter"] == [[]] * len(report["seen"])
