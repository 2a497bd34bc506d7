"""What a page shows on a terminal is what the terminal shows."""

import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"(?ms)^```console\n\$ (?P<command>mitograft [^\n]+)\n(?P<output>.*?)^```$")
EXAMPLES = [
    (path.relative_to(DOCS).as_posix(), found["command"], found["output"])
    for path in sorted(DOCS.rglob("*.md"))
    for found in BLOCK.finditer(path.read_text(encoding="utf-8"))
]


def test_there_are_examples():
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize(("page", "command", "output"), EXAMPLES, ids=[example[1] for example in EXAMPLES])
def test_console_examples_show_what_happens(tmp_path, page, command, output):
    for path in (DOCS / "assets").glob("*.csv"):
        shutil.copy(path, tmp_path)
    words = shlex.split(command)[1:]
    done = subprocess.run(
        [sys.executable, "-m", "mitograft", *words],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.stdout + done.stderr == output, f"{page} shows something else"
    assert done.returncode == (2 if output.startswith("Error") else 0)


def test_docstrings_become_markdown():
    to_markdown = runpy.run_path(str(ROOT / "tools" / "docstrings.py"))["to_markdown"]
    assert to_markdown(".. math:: a = b\n    + c\n\nMore.") == "```text\na = b\n+ c\n```\n\nMore."
    assert to_markdown("Rule::\n\n    x") == "Rule:\n\n    x"
    assert to_markdown("One.\n\n>>> 1\n1") == "One.\n\n\nExamples\n--------\n>>> 1\n1"
    table = "===  ===\na    b\n===  ===\n1    2\n===  ==="
    assert to_markdown(f"{table}\n\nEnd.") == "\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\nEnd."


@pytest.mark.parametrize(
    ("html", "fetches"),
    [
        ('<script src="https://example.org/a.js">', True),
        ("<img src=//example.org/a.png>", True),
        ('<link rel="stylesheet" href="https://example.org/a.css">', True),
        ('<link rel="canonical" href="https://example.org/">', False),
        ('<a href="https://example.org/">there</a>', False),
        ('<script src="assets/a.js">', False),
    ],
)
def test_a_page_that_fetches_from_another_host_is_refused(html, fetches):
    hook = runpy.run_path(str(ROOT / "tools" / "offline.py"))["on_post_page"]

    class Page:
        class file:  # noqa: N801  the attribute of an mkdocs page
            src_path = "page.md"

    if fetches:
        with pytest.raises(Exception, match=r"page\.md would fetch from another host"):
            hook(html, page=Page)
    else:
        assert hook(html, page=Page) == html
