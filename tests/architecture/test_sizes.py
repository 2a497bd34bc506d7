"""Files and functions stay small: tools/sizes.py measures, prints the longest and judges."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "sizes.py"


def test_everything_is_within_the_budget():
    done = subprocess.run([sys.executable, TOOL], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("text", "excess"),
    [
        ("x = 1\n" * 400, None),
        ("x = 1\n" * 401, "401 lines"),
        ("def f():\n" + "    x = 1\n" * 59, None),
        ("def f():\n" + "    x = 1\n" * 60, "61 lines"),
        ("def f():\n    '''One.\n" + "\n" * 80 + "    '''\n    return 1\n", None),
        ("def f(a, b, c, d, *, e, g, h):\n    return a\n", None),
        ("def f(a, b, c, d, *, e, g, h, i):\n    return a\n", "8 arguments"),
        ("class A:\n    def f(self, a, b, c, d, e, g, h):\n        return a\n", None),
    ],
)
def test_the_budget_is_judged(text, excess):
    tool = runpy.run_path(str(TOOL))
    path = Path("example.py")
    found = tool["find_excesses"]({path: text}, list(tool["measure_functions"](path, text)))
    assert [excess in sentence for sentence in found] == ([True] if excess else [])
