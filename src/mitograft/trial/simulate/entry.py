"""Who may enter: the strength limit, the core set criteria and the enzyme or antibody of NCT04976140."""

from collections.abc import Mapping

from mitograft.trial.simulate.truth import MeasureTruth

__all__ = ["may_enter"]

# The registry: MMT-8 below 125 of 150, and two or more of the others. Extramuscular: above, not at, 1 cm.
_STRENGTH = 125 / 150
_NEEDED = 2
_ENZYME = 1.3


def may_enter(
    values: Mapping[str, float], enzymes: Mapping[str, float], strength: MeasureTruth, *, antibody: bool
) -> bool:
    """Return whether values as measured allow entry; ``enzymes`` in upper limits.

    >>> strength = MeasureTruth(150, 1, True, 0.3, 0.5, 3)
    >>> values = {"mmt8": 110, "physician_global": 5.0, "patient_global": 6.0, "haq": 1, "extramuscular": 0.5}
    >>> [may_enter(values, {"CK": ck}, strength, antibody=False) for ck in (1.0, 1.3)]
    [False, True]
    """
    criteria = (
        values["physician_global"] >= 2,
        values["patient_global"] >= 2,
        values["haq"] >= 0.25,
        max(enzymes.values()) > _ENZYME,
        values["extramuscular"] > 1,
    )
    weak = values["mmt8"] < _STRENGTH * strength.max
    return weak and sum(criteria) >= _NEEDED and (antibody or enzymes["CK"] >= _ENZYME)
