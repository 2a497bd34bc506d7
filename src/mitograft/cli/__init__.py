"""The command line: verbs, a few lines a command, no mathematics."""

from mitograft.cli.main import cli, main

__all__ = ["cli", "main"]
