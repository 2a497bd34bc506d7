"""How scores leave the command line: a file, CSV, a readable table on a terminal, or JSON."""

import sys
from pathlib import Path
from typing import Any

import click

from mitograft import __version__
from mitograft.errors import UsageError
from mitograft.trial.core_set import CohortScore

__all__ = ["show_scores"]


def show_scores(file: Path, result: CohortScore, output: Path | None, *, as_json: bool) -> None:
    """Write or print the scores; notes and flagged values go to standard error."""
    if output is not None:
        _write(file, output, result)
    if as_json:
        import json

        click.echo(json.dumps(_document(file, result), indent=1, allow_nan=False))
        return
    if output is None:
        _print(result)
    for note in result.notes:
        click.echo(f"Note: {note}", err=True)
    flagged = result.score.rules.flagged()
    if flagged and sys.stderr.isatty():
        ids = ", ".join(parameter.id for parameter in flagged)
        click.echo(f"Unconfirmed values in use (override with --set): {ids}.", err=True)


def _write(file: Path, output: Path, result: CohortScore) -> None:
    from mitograft.provenance import atomic_write_bytes
    from mitograft.tables.write import encode_table

    if output.resolve() == file.resolve():
        raise UsageError(f"{output}: the output is the input file; give another name with -o.")
    atomic_write_bytes(output, encode_table(output.suffix, result.columns()))


def _print(result: CohortScore) -> None:
    from mitograft.tables.write import format_csv

    if sys.stdout.isatty():
        _print_table(result)
    else:
        click.echo(format_csv(result.columns()), nl=False)


def _print_table(result: CohortScore) -> None:
    from rich.console import Console
    from rich.table import Table

    score = result.score
    table = Table(title="Total Improvement Score", caption="points of each measure; – where missing")
    table.add_column("subject")
    table.add_column("visit", justify="right")
    for measure in score.rules.measures:
        table.add_column(measure.name.replace("_", " "), justify="right")
    table.add_column("TIS", justify="right", style="bold")
    table.add_column("lowest–highest", justify="right")
    table.add_column("category")
    columns = result.columns()
    for row in range(len(result.subject)):
        points = [_number(columns[f"points_{m.name}"][row]) for m in score.rules.measures]
        bounds = f"{_number(columns['tis_low'][row])}–{_number(columns['tis_high'][row])}"
        total, category = _number(columns["tis"][row]), str(columns["category"][row] or "no score")
        table.add_row(result.subject[row], result.visit[row], *points, total, bounds, category)
    Console().print(table)


def _number(value: object) -> str:
    return "–" if value is None else f"{value:g}"


def _document(file: Path, result: CohortScore) -> dict[str, Any]:
    """Return the JSON document: what was applied, the rows, the notes, the flagged values."""
    from mitograft.outcome.tis import next_category

    score, columns = result.score, result.columns()
    following = next_category(result.baseline, _without_maximum(result), rules=score.rules)
    rows = []
    for i in range(len(result.subject)):
        row: dict[str, Any] = {name: column[i] for name, column in columns.items()}
        row["missing"] = list(score.missing_names()[i])
        row["enzyme"] = result.enzyme[i] or None
        row["file_rows"] = [int(side[i]) for side in result.rows]
        step = following[i]
        row["next_category"] = None if step is None else _step(step)
        rows.append(row)
    return {
        "mitograft": __version__,
        "ok": True,
        "file": file.name,
        "population": score.rules.population,
        "variant": score.rules.variant,
        "missing_policy": score.policy,
        "rows": rows,
        "notes": list(result.notes),
        "flagged": [
            {"id": p.id, "value": p.value, "unit": p.unit, "status": p.status, "citation": p.citation}
            for p in score.rules.flagged()
        ],
    }


def _without_maximum(result: CohortScore) -> dict[str, Any]:
    return {name: column for name, column in result.final.items() if name != "mmt8_max"}


def _step(step: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(step)
