"""The ``mitograft`` command: finds its verbs, loads only the one asked for, ends every error in one message.

Exit codes: 0 done; 2 the command line or an input file is wrong; 3 the machine refused (permission, space);
4 an error of mitograft itself; 130 interrupted.
"""

import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from mitograft import __version__
from mitograft.errors import InputError, InternalError, MitograftError

__all__ = ["VERBS", "cli", "main"]

VERBS = {
    "new": "Make a new study folder.",
    "run": "Analyse a study folder and write its report.",
    "simulate": "Write the virtual study as raw files.",
    "explain": "Trace a value of the trial back to its raw fields.",
    "deidentify": "Copy the data sets of a trial without identities.",
    "panel": "Judge a table of perturbations by the model's mice.",
    "score": "Score the Total Improvement Score of a table of patients.",
}


class _Verbs(click.Group):
    """A group whose commands are imported only when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  the signature is click's
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f"mitograft.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="mitograft %(version)s")
def cli() -> None:
    """Mitochondrial transplantation studies in myositis: raw files in, judged claims out.

    Start with "mitograft run", which analyses the published reference patients and writes a report.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        # Small matrices: threads cost more than they bring, and sums would depend on the number of cores.
        os.environ.setdefault(name, "1")
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        cli.main(words, prog_name="mitograft", standalone_mode=False)
    except click.exceptions.Abort:
        _fail("Interrupted; nothing was changed.", 130, as_json=as_json)
    except click.exceptions.Exit as signal:
        sys.exit(signal.exit_code)
    except click.ClickException as error:
        _fail(_usage(error), 2, as_json=as_json)
    except MitograftError as error:
        _fail(str(error), error.exit_code, as_json=as_json, error=error)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left, as `| head` does; that is no error
        sys.exit(0)
    except Exception as error:  # the last net: a bug must not show patient data
        _fail(_bug(error), InternalError.exit_code, as_json=as_json)
    sys.exit(0)


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    hint = f"\nTry '{context.command_path} --help'." if context else ""
    return f"{error.format_message()}{hint}"


def _bug(error: Exception) -> str:
    """Say where it broke; the text of the exception could hold a patient's value and is left out."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__')}, line {trace.tb_lineno}" if trace else "unknown"
    return (
        f"This is an error of mitograft, not yours: {type(error).__name__} in {place}. "
        f"Nothing was written. Please report it with the version ({__version__}) and the command line."
    )


def _fail(message: str, code: int, *, as_json: bool, error: MitograftError | None = None) -> NoReturn:
    if as_json:
        detail: dict[str, Any] = {"message": message}
        if isinstance(error, InputError):
            detail["file"] = error.file
            detail["violations"] = [violation.as_dict() for violation in error.violations]
        click.echo(json.dumps({"mitograft": __version__, "ok": False, "error": detail}, indent=1))
    else:
        click.echo(f"Error: {message}", err=True)
    sys.exit(code)
