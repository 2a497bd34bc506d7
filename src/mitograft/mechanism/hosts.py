"""Hosts: dish, mouse and patient as parameter sets, initial values and standing events over one model.

A host is a base (``dish``, ``mouse``, ``patient``) with any number of settings laid over it, in order:
``cim`` (C protein-induced myositis), ``bacl2`` (chemical injury), ``transfer`` (T cells of sick mice),
``conditioned`` (local adjuvant), ``sustained_cfa``, ``glucose``, ``galactose``, ``iim``,
``perforin_granzyme``. Every value is a row of ``data/hosts.csv`` with its status and citation. The immune
couplings are the same in all hosts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mitograft.errors import UsageError
from mitograft.tables.parameters import load_rows

if TYPE_CHECKING:
    import numpy as np

__all__ = ["BASES", "Host", "host_rows", "load_host", "settings", "settle"]

BASES = ("dish", "mouse", "patient")


@dataclass(frozen=True)
class Host:
    """Where the equations run.

    Attributes
    ----------
    name
        Base and settings, joined by ``+``.
    label
        What the base is, in words.
    parameters, memory, initial
        Values that differ from the model's defaults, by name.
    events
        Standing events as (day, kind, amount).
    burn_in
        Days to be run before day 0 (0: none); see ``settle``.
    """

    name: str
    label: str
    parameters: Mapping[str, float]
    memory: Mapping[str, float]
    initial: Mapping[str, float]
    events: tuple[tuple[float, str, float], ...]
    burn_in: float


def host_rows() -> list[dict[str, str]]:
    """Return the rows of ``hosts.csv``, each a value of a host with its status and citation."""
    return [dict(row) for row in _rows()]


@cache
def _rows() -> tuple[Mapping[str, str], ...]:
    return tuple(MappingProxyType(row) for row in load_rows("mitograft.mechanism", "hosts.csv"))


def settings() -> tuple[str, ...]:
    """Return the names of the settings that may be laid over a base, in file order."""
    return tuple(dict.fromkeys(row["host"] for row in _rows() if row["host"] not in BASES))


def load_host(base: str, *over: str) -> Host:
    """Return a base host with settings laid over it; later settings win.

    Raises
    ------
    UsageError
        If the base or a setting is unknown.

    >>> load_host("mouse", "cim").events
    ((0.0, 'immunise', 1.0),)
    """
    if base not in BASES:
        raise UsageError(f"Host: found {base!r}, expected one of {', '.join(BASES)}. Name one of these.")
    unknown = sorted(set(over) - set(settings()))
    if unknown:
        raise UsageError(
            f"Host {base}: found the setting {', '.join(map(repr, unknown))}, expected some of "
            f"{', '.join(settings())}. Name one of these."
        )
    host = Host(base, "", {}, {}, {}, (), 0.0)
    for name in (base, *over):
        host = _laid_over(host, name)
    return replace(host, name="+".join((base, *over)))


def _laid_over(host: Host, name: str) -> Host:
    parts: dict[str, dict[str, float]] = {
        "parameter": dict(host.parameters),
        "memory": dict(host.memory),
        "initial": dict(host.initial),
    }
    label, events, burn_in = host.label, list(host.events), host.burn_in
    for row in (row for row in _rows() if row["host"] == name):
        what = row["what"]
        if what == "label":
            label = row["name"]
        elif what == "event":
            events.append((float(row["day"]), row["name"], float(row["value"])))
        elif what == "burn_in":
            burn_in = float(row["value"])
        else:
            parts[what][row["name"]] = float(row["value"])
    values = (parts["parameter"], parts["memory"], parts["initial"])
    return Host(host.name, label, *values, tuple(events), burn_in)


def settle(
    host: Host, *, n: int, parameters: Mapping[str, "float | np.ndarray[Any, Any]"] | None = None
) -> dict[str, "np.ndarray[Any, Any]"]:
    """Run a host for its burn-in and return the state in which day 0 finds it.

    Parameters
    ----------
    host
        For example ``load_host("patient")``.
    n
        Number of individuals.
    parameters
        Values of each individual by name, numbers or arrays of length ``n``; what the host sets stays.

    Returns
    -------
    initial
        Every state, an array of length ``n``; nan for an individual that could not be solved.

    Raises
    ------
    UsageError
        If the host has no burn-in.
    """
    import numpy as np

    from mitograft.mechanism.equations import load_model
    from mitograft.mechanism.solve import Event, solve

    if not host.burn_in > 0:
        raise UsageError(
            f"Host {host.name}: found no burn-in, expected a host that is ill before day 0. Use the patient."
        )
    model = load_model()
    solution = solve(
        model,
        n=n,
        parameters={**(parameters or {}), **host.parameters, **host.memory},
        initial=host.initial,
        events=[Event(*event) for event in host.events],
        times=np.array([0.0, host.burn_in]),
    )
    return {name: np.array(solution.state(name)[:, -1]) for name in model.state_names}
