"""Progress of a run on standard error: a line a step, with the time it took."""

import time
from types import TracebackType

import click

__all__ = ["Steps"]


class Steps:
    """Say each step as it starts and how long it took; plain lines, so that logs stay readable.

    Parameters
    ----------
    title
        What is being run.
    total
        How many steps there are.
    quiet
        Say nothing.
    """

    def __init__(self, title: str, total: int, *, quiet: bool) -> None:
        self.title, self.total, self.quiet = title, total, quiet
        self.count, self.started = 0, 0.0

    def __enter__(self) -> "Steps":
        """Say what is being run."""
        self._say(f"{self.title}\n")
        return self

    def next(self, step: str) -> None:
        """End the step before and begin the next."""
        self._finish()
        self.count, self.started = self.count + 1, time.perf_counter()
        self._say(f"  [{self.count}/{self.total}] {step} ... ")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the last step, or leave its line where it failed."""
        if kind is None:
            self._finish()
        elif self.count:
            self._say("failed\n")

    def _finish(self) -> None:
        if self.count:
            self._say(f"{time.perf_counter() - self.started:.1f} s\n")

    def _say(self, text: str) -> None:
        if not self.quiet:
            click.echo(text, nl=False, err=True)
