"""The choices that safety statistics depend on, as rows of ``data/settings.csv``."""

from collections.abc import Mapping
from fractions import Fraction

from mitograft.errors import UsageError
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = ["listed", "load_safety_settings"]

_SHARES = ("one_sided_levels", "none_seen_rates")


def load_safety_settings(overrides: Mapping[str, str] | None = None) -> Parameters:
    """Read the settings; ``overrides`` replaces some by id, and flags them.

    Raises
    ------
    UsageError
        If an id is unknown or a value makes no sense.
    """
    settings = load_parameters("mitograft.trial.safety", "settings.csv").override(overrides or {})
    for name, allowed in (("trend_scores", ("order", "dose")), ("infusion_from", ("end", "start"))):
        if settings[name].value not in allowed:
            raise UsageError(
                f"Setting {name}: found {settings[name].value!r}; expected {' or '.join(allowed)}."
            )
    for name in _SHARES:
        if not all(0.0 < number < 1.0 for number in listed(settings, name)):
            raise UsageError(f"Setting {name}: expected numbers between 0 and 1, separated by blanks.")
    if not all(number >= 0 and number == int(number) for number in listed(settings, "none_seen_sizes")):
        raise UsageError("Setting none_seen_sizes: expected whole numbers, separated by blanks.")
    if not 0.0 < settings["level"].number < 1.0 or settings["exposure_days"].number <= 0:
        raise UsageError("Settings level and exposure_days: expected a share below 1 and a positive number.")
    if settings["cohort_size"].number < 1:
        raise UsageError("Setting cohort_size: expected at least one patient.")
    return settings


def listed(settings: Parameters, name: str) -> tuple[float, ...]:
    """Return the numbers of a setting that holds several.

    Raises
    ------
    UsageError
        If a word is no number, or there is none.
    """
    words = settings[name].value.split()
    try:
        numbers = tuple(float(Fraction(word)) for word in words)
    except (ValueError, ZeroDivisionError):
        numbers = ()
    if not numbers:
        raise UsageError(
            f"Setting {name}: found {settings[name].value!r}; expected numbers, separated by blanks."
        )
    return numbers
