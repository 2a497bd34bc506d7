"""``mitograft score``: a table of patients in, Total Improvement Scores out."""

from pathlib import Path
from typing import Any

import click

from mitograft.cli.options import pairs_of

__all__ = ["HELP", "command"]

HELP = """Score the 2016 ACR/EULAR Total Improvement Score (TIS) of every later visit in FILE.

FILE (.csv, .tsv, .xlsx, .parquet) has one row a subject and visit, with the columns subject, visit,
physician_global, patient_global, mmt8, mmt8_max, haq, extramuscular and, for each enzyme present, ck and
ck_uln (likewise aldolase, ast, alt, ldh). Global scales are in cm (0 to 10).

\b
Examples:
  mitograft score patients.csv
  mitograft score patients.xlsx --baseline 0 --missing bounds -o scores.xlsx
  mitograft score site.csv --map "PGA (cm)=physician_global" --ignore site
"""


@click.command("score", help=HELP)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "names", multiple=True, metavar="THEIRS=OURS", help="Read their column as ours.")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="Leave a column of the file out.")
@click.option("--sheet", metavar="NAME", help="Sheet of a workbook (default: the first).")
@click.option("--baseline", metavar="VISIT", help="Baseline visit (default: each subject's first by number).")
@click.option(
    "--population", type=click.Choice(["adult", "juvenile"]), default="adult", show_default=True,
    help="Thresholds of minimal, moderate and major improvement.",
)  # fmt: skip
@click.option(
    "--variant", type=click.Choice(["imacs", "printo"]), default="imacs", show_default=True,
    help="Core set: IMACS, or PRINTO with cmas, chq_phs and das.",
)  # fmt: skip
@click.option(
    "--missing", type=click.Choice(["strict", "zero", "bounds", "rescale"]), default="strict",
    show_default=True, help="What an incomplete visit gets: no score, 0 points for the measure, a score only "
    "where every completion agrees, or a rescaled (non-standard) score.",
)  # fmt: skip
@click.option(
    "--set", "settings", multiple=True, metavar="ID=VALUE",
    help="Override an unconfirmed parameter, e.g. ck_multiple=10; it is flagged in the output.",
)  # fmt: skip
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="OUT",
    help="Write .csv, .tsv, .xlsx, .parquet or .json instead of printing.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print results, notes and errors as one JSON document.")
def command(file: Path, output: Path | None, *, as_json: bool, **options: Any) -> None:
    """Score the Total Improvement Score of every later visit in a file (the help text is HELP)."""
    from mitograft.cli.score_output import show_scores
    from mitograft.outcome.tis import tis_rules
    from mitograft.study.scoring import score_file

    rules = tis_rules(options["population"], options["variant"], pairs_of("--set", options["settings"]))
    result = score_file(
        file,
        names=pairs_of("--map", options["names"]),
        ignore=options["ignore"],
        sheet=options["sheet"],
        baseline=options["baseline"],
        rules=rules,
        missing=options["missing"],
    )
    show_scores(file, result, output, as_json=as_json)
