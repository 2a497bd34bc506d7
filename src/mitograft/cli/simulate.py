"""``mitograft simulate``: the virtual study as raw files."""

from pathlib import Path
from typing import Literal

import click

__all__ = ["command"]


@click.command("simulate")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True, help="Seed of all draws."
)
@click.option(
    "--trial", type=click.Choice(["redcap", "odm", "sdtm"]), default="redcap", show_default=True,
    help="Shape of the clinical data.",
)  # fmt: skip
def command(folder: Path, seed: int, trial: Literal["redcap", "odm", "sdtm"]) -> None:
    """Write the virtual study pn101 into a new folder DIR, as the instruments' own files.

    Every file is marked as simulated. Then "mitograft run DIR" analyses it like any other study; the truth
    lies in DIR/truth, which no analysis reads.
    """
    from mitograft.simulation import simulate_study

    simulate_study(folder, seed, trial=trial)
    click.echo(f"Wrote the simulated study {folder}. Next: mitograft run {folder}")
