"""``mitograft explain``: where one value of the trial comes from."""

import json
from pathlib import Path

import click

__all__ = ["command"]


@click.command("explain")
@click.argument("subject")
@click.argument("parameter")
@click.argument("visit", required=False)
@click.option(
    "--study", "folder", type=click.Path(path_type=Path), default=Path(), metavar="DIR",
    help="Study folder; the current folder unless said otherwise.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the trace as one JSON document.")
def command(subject: str, parameter: str, visit: str | None, folder: Path, *, as_json: bool) -> None:
    """Trace a value of the trial back to the raw fields it was derived from.

    SUBJECT is a USUBJID or SUBJID. PARAMETER is a parameter code (TIS, PTSMM, CK), one with a variable
    (CK.ATOXGR), a variable of ADSL (FASFL) or, with the event as VISIT (AE:3), one of ADAE (TRTEMFL). VISIT
    is an analysis visit such as "WEEK 12".
    """
    from mitograft.study.folder import open_study
    from mitograft.study.trial import explain_value

    trace = explain_value(open_study(folder), subject, parameter, visit)
    if as_json:
        click.echo(json.dumps(trace.as_dict(), indent=1))
    else:
        click.echo("\n".join(trace.lines()))
