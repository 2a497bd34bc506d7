"""Analyses of dose response, in the form ``(data, level) -> Answer``; the arms are doses 0, 1 and 2."""

from mitograft.statistics.error_rates.designs import Answer, Arms, answer
from mitograft.statistics.mcp_mod.contrast_permutation import permute_contrast_test
from mitograft.statistics.mcp_mod.contrast_test import multiple_contrast_test
from mitograft.statistics.mcp_mod.means import dose_means
from mitograft.statistics.mcp_mod.shapes import Candidate

__all__ = ["contrast_test_of", "permuted_contrast_test_of"]

# Straight, and half of the largest effect at half of the lowest dose: the two ends of what is expected.
_CANDIDATES = (Candidate("linear"), Candidate("emax", (0.5,)))


def contrast_test_of(data: Arms, level: float) -> Answer:  # noqa: ARG001 - every analysis takes a level
    """Return the multiple contrast test of a rising response."""
    found = multiple_contrast_test(dose_means(*_stacked(data)), _CANDIDATES)
    return answer(found.p, note=found.note)


def permuted_contrast_test_of(data: Arms, level: float) -> Answer:  # noqa: ARG001
    """Return the multiple contrast test of a rising response by permutation."""
    found = permute_contrast_test(*_stacked(data), _CANDIDATES)
    return answer(found.p, note=found.note)


def _stacked(data: Arms) -> tuple[list[float], list[float]]:
    doses = [float(dose) for dose, values in enumerate(data.values) for _ in values]
    return doses, [value for values in data.values for value in values]
