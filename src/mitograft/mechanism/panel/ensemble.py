"""The ensemble: several hundred parameter sets that carry the panel; never one set alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mitograft.errors import UsageError
from mitograft.tables.parameters import load_rows

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["Ensemble", "load_ensemble"]

# Inputs, switches and what a host sets are not uncertain knowledge of the biology.
_NOT_MOVED = frozenset({"switch", "input", "host", "hypothesis"})


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Parameter sets: ``values`` is (sets, names); what is not named has the model's default."""

    names: tuple[str, ...]
    values: "Array"

    def __len__(self) -> int:
        """Return the number of sets."""
        return len(self.values)

    def parameters(self) -> Mapping[str, "Array"]:
        """Return the values of each parameter over the sets."""
        return {name: self.values[:, i] for i, name in enumerate(self.names)}

    def thinned(self, members: int) -> "Ensemble":
        """Return at most ``members`` sets, evenly spaced.

        Raises
        ------
        UsageError
            If ``members`` is below 1.
        """
        import numpy as np

        if members < 1:
            raise UsageError(f"Ensemble: found {members} members, expected at least 1. Ask one set or more.")
        if members >= len(self):
            return self
        return Ensemble(self.names, self.values[np.linspace(0, len(self) - 1, members).round().astype(int)])

    def moved(self, share: float, seed: int) -> "Ensemble":
        """Return the sets with every parameter of the model moved: log-normal, ``share`` its spread.

        Parameters not named by the ensemble start from the model's default; switches, inputs and what a host
        sets stay.
        """
        import numpy as np

        from mitograft.mechanism.equations import load_model
        from mitograft.seeds import stream

        model = load_model()
        named = self.parameters()
        free = [p for p in model.parameters if p.kind not in _NOT_MOVED and p.number > 0]
        start = np.column_stack([named.get(p.id, np.full(len(self), p.number)) for p in free])
        steps = stream(seed, "panel", "moved").normal(0.0, share, start.shape)
        return Ensemble(tuple(p.id for p in free), start * np.exp(steps))


def load_ensemble() -> Ensemble:
    """Return the ensemble that ``tools/fit_panel.py`` made."""
    import numpy as np

    rows = load_rows("mitograft.mechanism", "ensemble.csv")
    names = tuple(rows[0])
    return Ensemble(names, np.array([[float(row[name]) for name in names] for row in rows]))
