"""What every benchmark shares: options, timing, the machine, one JSON document.

A benchmark is a script ``bench_<name>.py`` with ``--quick`` (under 50 seconds) and ``--json``. It measures
our code and a named peer in the same run on the same data and reports ratios, because seconds alone say
little about another machine.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Report", "best_of", "one_core", "options"]


@dataclass
class Report:
    """Named figures of one benchmark; ``figures`` keep their order, ``peers`` say what was compared."""

    name: str
    title: str
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    peers: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def add(self, key: str, value: float, unit: str, meaning: str) -> None:
        """Add one figure."""
        self.figures[key] = {"value": value, "unit": unit, "meaning": meaning}

    def finish(self, *, as_json: bool, packages: tuple[str, ...]) -> None:
        """Print the report, as JSON or as lines to read."""
        machine = {
            "platform": platform.platform(),
            "processor": processor(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in packages},
        }
        document = {**self.__dict__, "machine": machine}
        if as_json:
            print(json.dumps(document, indent=1))
            return
        print(self.title)
        for figure in self.figures.values():
            print(f"  {figure['meaning']}: {figure['value']:,.4g} {figure['unit']}")
        for remark in self.remarks:
            print(f"  {remark}")
        print(f"  on {machine['processor']}, {machine['cores']} cores, Python {machine['python']}")


def processor() -> str:
    """Name of the processor as the system gives it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123  a pseudo-file
            return next(
                (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), ""
            )
    except OSError:
        return platform.processor()


def options(description: str) -> argparse.Namespace:
    """Read ``--quick`` and ``--json``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, under 50 seconds")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args()


def one_core() -> None:
    """Stay on one core where the system allows it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def best_of(
    times: int, work: Callable[[], Any], clock: Callable[[], float] = time.perf_counter
) -> tuple[float, Any]:
    """Return the shortest time in seconds by the clock (wall time), and the last result.

    On a shared machine ``time.process_time`` tells more for work that one core does alone.
    """
    shortest, result = float("inf"), None
    for _ in range(times):
        start = clock()
        result = work()
        shortest = min(shortest, clock() - start)
    return shortest, result


def peak_memory() -> float:
    """Peak resident memory of this process so far, in MiB."""
    import resource

    try:
        # The system's own count for what was started anew; getrusage would begin with the parent's memory.
        with open("/proc/self/status", encoding="utf-8") as lines:  # noqa: PTH123  a pseudo-file
            return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**10
    except (OSError, StopIteration):
        scale = 2**20 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale
