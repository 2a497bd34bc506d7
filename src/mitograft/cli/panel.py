"""``mitograft panel``: ask the model a table of perturbations."""

import json
from collections import Counter
from pathlib import Path

import click

from mitograft.errors import UsageError

__all__ = ["command"]


@click.command("panel")
@click.argument("table", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.option("--members", type=click.IntRange(2, 1000), help="Parameter sets asked; fewer are quicker.")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True, help="Seed of all draws."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(table: Path, members: int | None, seed: int, *, as_json: bool) -> None:
    """Judge each perturbation of FILE by simulated mice: right, wrong or cannot be asked.

    FILE has the columns kind, perturbation, target, expected_effect and, if there are, id and
    affected_quantity. Every number is simulated.
    """
    from mitograft.mechanism.panel.ensemble import load_ensemble
    from mitograft.mechanism.panel.judge import judge_panel
    from mitograft.tables.read import read_table

    raw = read_table(table)
    names = list(raw.columns)
    rows = [
        {name: str(cell or "") for name, cell in zip(names, cells, strict=True)}
        for cells in zip(*raw.columns.values(), strict=True)
    ]
    if not rows:
        raise UsageError(f"{table.name}: found no row, expected one for each perturbation.")
    answers = judge_panel(rows, load_ensemble(), seed, members=members)
    counts = Counter(answer.verdict for answer in answers)
    if as_json:
        document = {"simulated": True, "counts": counts, "rows": [answer.as_dict() for answer in answers]}
        click.echo(json.dumps(document, indent=1, allow_nan=False))
        return
    width = max((len(answer.id) for answer in answers), default=0)
    for answer in answers:
        click.echo(
            f"{answer.id:<{width}}  {answer.verdict}: {answer.perturbation}, expected {answer.expected}"
        )
        click.echo(f"{'':<{width}}  {answer.reason}")
    said = ", ".join(f"{n} {verdict}" for verdict, n in counts.items())
    click.echo(f"Simulated mice: {said}, of {len(answers)}.")
