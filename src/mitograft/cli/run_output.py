"""What ``mitograft run`` says at its end."""

import json
from collections import Counter

import click

from mitograft import __version__
from mitograft.study.run import Outcome

__all__ = ["show_outcome"]


def show_outcome(outcome: Outcome, *, as_json: bool) -> None:
    """Print the verdicts in short and where the report is."""
    judgements = outcome.findings.judgements
    if as_json:
        document = {
            "mitograft": __version__,
            "ok": True,
            "report": outcome.report.as_posix(),
            "claims": [{"id": j.claim.id, "verdict": j.verdict, "reason": j.reason} for j in judgements],
        }
        click.echo(json.dumps(document, indent=1))
        return
    for judgement in judgements:
        if judgement.verdict != "not tested":
            click.echo(f"  {judgement.claim.id}  {judgement.label}: {judgement.claim.statement}")
    counts = Counter(judgement.verdict for judgement in judgements)
    if counts:
        words = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
        click.echo(f"Claims: {words}.")
    click.echo(f"Report: {outcome.report}")
