"""``mitograft new``: a study folder to start from."""

from pathlib import Path

import click

__all__ = ["command"]


@click.command("new")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
def command(folder: Path) -> None:
    """Make a study folder DIR with an example to replace by your own files.

    The example holds published patients; edit study.toml and the files it names, then "mitograft run DIR".
    """
    from mitograft.study.folder import new_study

    new_study(folder)
    click.echo(f"Made {folder} with study.toml and example files. Next: mitograft run {folder}")
