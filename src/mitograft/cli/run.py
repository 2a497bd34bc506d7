"""``mitograft run``: analyse a study folder, end in a report."""

import sys
from pathlib import Path

import click

__all__ = ["command"]


@click.command("run")
@click.argument("folder", type=click.Path(path_type=Path), required=False, metavar="[DIR]")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the verdicts and output paths as one JSON document."
)
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def command(folder: Path | None, *, as_json: bool, quiet: bool) -> None:
    """Analyse the study folder DIR and write DIR/out with its report.

    Without DIR the embedded study of published patients is copied to ./mitograft-published and analysed.
    """
    from mitograft.cli.progress import Steps
    from mitograft.cli.run_output import show_outcome
    from mitograft.study.folder import REFERENCE, open_reference, open_study
    from mitograft.study.run import run_study, steps_of

    study = open_reference(Path(REFERENCE)) if folder is None else open_study(folder)
    total = len(steps_of(study.config))
    with Steps(study.config.study.title, total, quiet=quiet or as_json) as steps:
        outcome = run_study(study, command=["mitograft", *sys.argv[1:]], progress=steps.next)
    show_outcome(outcome, as_json=as_json)
