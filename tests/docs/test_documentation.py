"""The documentation describes what there is: commands, settings, decisions, and the README's two commands."""

import re
from pathlib import Path

import click
import pytest
import yaml

from mitograft.cli import cli
from mitograft.study.config import StudyConfig

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(cli.list_commands(click.Context(cli)))
GUIDE_OF = {
    "simulate": "guides/cell-assays.md",
    "new": "guides/study-folder.md",
    "run": "first-study.md",
    "score": "guides/score-a-cohort.md",
    "explain": "guides/trial.md",
    "deidentify": "guides/trial.md",
    "panel": "concepts/perturbation-panel.md",
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def get_command(name: str) -> click.Command:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return command


def list_pages(node: object) -> set[str]:
    if isinstance(node, str):
        return {node}
    children = node.values() if isinstance(node, dict) else node
    return set().union(*(list_pages(child) for child in children))


def navigation() -> set[str]:
    return list_pages(yaml.safe_load(read("mkdocs.yml"))["nav"])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(name):
    command = get_command(name)
    assert command.help
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{name} {option.opts[-1]}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_on_the_reference_page_and_in_a_guide(name):
    assert f"## mitograft {name}\n" in read("docs/reference/cli.md")
    assert f"mitograft {name} " in (DOCS / GUIDE_OF[name]).read_text(encoding="utf-8").replace("`", " ")


def test_every_option_of_score_is_explained_in_its_guide():
    guide = read(f"docs/{GUIDE_OF['score']}")
    options = [option.opts[-1] for option in get_command("score").params if isinstance(option, click.Option)]
    known = {"--sheet", "--output"}  # shown by their short form or said in passing
    assert [name for name in options if name not in guide and name not in known] == []
    assert "-o " in guide


def test_every_key_of_study_toml_is_explained():
    guide = read("docs/guides/study-folder.md")
    schema = StudyConfig.model_json_schema()
    sections = [schema, *schema["$defs"].values()]
    keys = {key for section in sections for key in section["properties"]}
    assert "core_set" in keys
    assert {key for key in keys if f"`{key}`" not in guide and f"[{key}]" not in guide} == set()


def test_every_page_is_in_the_navigation():
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert pages == navigation()


def test_decisions_are_numbered_without_gaps():
    names = sorted(path.name for path in (DOCS / "decisions").glob("*.md"))
    assert [name[:4] for name in names] == [f"{i:04d}" for i in range(1, len(names) + 1)]
    for name in names:
        text = read(f"docs/decisions/{name}")
        for part in ("Question", "Decision", "Alternatives", "Consequences"):
            assert f"**{part}.**" in text, f"{name} does not say its {part.lower()}"


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 150
    words = re.findall(r"[A-Za-z][\w'-]*", re.sub(r"\]\([^)]*\)", "]", README))
    assert len(words) <= 600


def test_the_readme_says_what_it_does_not_claim_and_how_to_cite():
    assert "not a medical device" in README
    assert "not validated for clinical decisions" in README
    assert "CITATION.cff" in README


def readme_commands() -> list[str]:
    """The first and the last command block: the main job and the tests."""
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```$", README)
    return [blocks[0].strip(), blocks[-1].strip()]


def test_the_commands_of_the_readme_are_the_same_everywhere():
    main_job, tests = readme_commands()
    assert main_job.endswith("mitograft run")
    assert tests.endswith("pytest")
    for page in ("docs/index.md", "docs/first-study.md", ".github/workflows/ci.yml"):
        assert main_job in read(page), page
    assert tests in read("CONTRIBUTING.md")
    assert read(".ci/run").splitlines()[-1] == tests


def test_everything_that_calls_make_calls_a_target_there_is():
    targets = set(re.findall(r"(?m)^([a-z]+):", read("Makefile")))
    assert {"check", "test", "docs", "bench", "lock", "setup"} <= targets
    for page in (
        ".ci/run",
        ".github/workflows/ci.yml",
        ".pre-commit-config.yaml",
        "CONTRIBUTING.md",
        "README.md",
    ):
        called = set(re.findall(r"(?m)(?:^|run: |entry: |`)make ([a-z ]+[a-z])", read(page)))
        words = {word for call in called for word in call.split()}
        assert words <= targets, f"{page}: {sorted(words - targets)}"


def test_every_link_of_the_readme_leads_somewhere():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link.partition("#")[0]).exists()] == []


def test_changelog_says_how_changed_numbers_are_marked():
    text = read("CHANGELOG.md")
    assert "**[numbers]**" in text
    sections = set(re.findall(r"(?m)^### (.+)$", text))
    assert sections <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
