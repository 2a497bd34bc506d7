"""``mitograft deidentify``: a copy of a trial's data sets that names no one."""

from pathlib import Path

import click

__all__ = ["command"]


@click.command("deidentify")
@click.argument("study", type=click.Path(path_type=Path), metavar="STUDY")
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT")
@click.option(
    "--key-file", type=click.Path(path_type=Path), required=True,
    help="File with a secret of 16 bytes or more; keep it apart from the copy.",
)  # fmt: skip
@click.option(
    "--format", "kind", type=click.Choice(["xpt", "json", "ndjson", "parquet", "csv"]), default="xpt",
    show_default=True, help="Format of the data sets.",
)  # fmt: skip
def command(study: Path, out: Path, key_file: Path, kind: str) -> None:
    """Write the SDTM data sets of the trial of STUDY into the new folder OUT, de-identified.

    Subjects get new codes and each its own secret shift of dates; study days of complete dates stay;
    free text is dropped, high ages and small sites are grouped. OUT/deidentification.txt says what was done
    and which groups of subjects are still small. Whether that is enough is for a person to judge.
    """
    from mitograft.study.deidentified import deidentify_study
    from mitograft.study.folder import open_study

    report = deidentify_study(open_study(study), key_file, out, kind)
    click.echo("\n".join(report.lines()[:3]))
    click.echo(f"Wrote {out}. Read {out / 'deidentification.txt'}.")
