"""The command line: verbs, a few lines a command, no mathematics."""


def main() -> None:
    """Start the command line (filled in by the verbs)."""
    raise SystemExit(0)
