"""Parameters a study overrides: which there are, which part each belongs to, and what is wrong with some.

``[parameters]`` names a parameter by its id; where two parts have one of the same id, by part and id
(``uptake.interval_level``). A replaced value stays flagged in every report.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from fractions import Fraction

from mitograft.errors import UsageError
from mitograft.tables.parameters import Parameter, Parameters

__all__ = ["PARTS", "flatten", "parameter_mistakes", "parameters_of", "shipped_parameters"]

PARTS = (
    "tis", "history", "seahorse", "plate", "myotube", "uptake", "product", "histology", "function",
    "cytokine", "metabolite", "infiltrate", "expression", "adam", "efficacy", "safety",
    "regression",
)  # fmt: skip
# What would make an analysis fall over rather than give a strange number: (lowest, highest, whole number).
_BOUNDS: Mapping[str, tuple[float, float, bool]] = {
    "smoothing_ticks": (3, 11, True),
    "skipped_ticks": (0, 4, True),
    "fill_interval": (1, 60, False),
    "outlier_smallest_group": (3, 96, True),
    "minimum_nuclei": (1, 20, True),
    "working_pixel": (0.1, 5, False),
    "myosin_pixel": (0.1, 5, False),
    "nucleus_radius": (1, 50, False),
    "positive_percentile": (50, 99.99, False),
    "saturated_share": (0.01, 1, False),
    "costes_shuffles": (10, 10_000, True),
    "drift_p": (1e-6, 0.5, False),
    "history_weight": (0.001, 1, False),
    "tau_scale": (0.01, 5, False),
    "centre_rate": (0.01, 0.99, False),
    "centre_sd": (0.1, 10, False),
    "vague_weight": (0.001, 0.999, False),
    "mixture_components": (1, 8, True),
    "conviction": (0.5, 0.9999, False),
    "strong_conviction": (0.5, 0.9999, False),
    "rate_low": (0.001, 0.5, False),
    "rate_high": (0.5, 0.999, False),
    "rate_step": (0.001, 0.5, False),
    "zero_rate_probability": (0.001, 0.999, False),
}
_LEVEL = (0.01, 0.9999)
_FURTHEST = 1000  # times the default, or its part: beyond lies a mistaken unit


def shipped_parameters(part: str) -> Parameters:
    """Return the parameters of a part as they come with mitograft."""
    return _LOADERS[part]()


def parameters_of(part: str, overrides: Mapping[str, str]) -> Parameters:
    """Return the parameters of a part with those of study.toml (keys ``part.id``) in their place."""
    own = {name.partition(".")[2]: text for name, text in overrides.items() if name.startswith(f"{part}.")}
    return shipped_parameters(part).override(own)


def flatten(parameters: Mapping[str, object]) -> dict[str, str]:
    """Return ``[parameters]`` as text by ``part.id``; without those that belong to no one part.

    >>> flatten({"minimum_nuclei": 3, "uptake": {"interval_level": 0.9}})
    {'myotube.minimum_nuclei': '3', 'uptake.interval_level': '0.9'}
    """
    return {f"{part}.{name}": str(value) for _, part, name, value in _given(parameters) if part}


def parameter_mistakes(parameters: Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield key path, what was found and what was expected, for every mistake in ``[parameters]``."""
    for keys, part, name, value in _given(parameters):
        if not part:
            yield keys, f"an unknown parameter {'.'.join(keys)!r}", _expected(keys)
            continue
        try:
            shipped_parameters(part).override({name: str(value)})
        except UsageError:
            yield keys, repr(value), "a number"
            continue
        wrong = _range(part, shipped_parameters(part)[name], str(value))
        if wrong:
            yield keys, repr(value), wrong


def _given(parameters: Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], str, str, object]]:
    """Yield key path, part (empty if there is none, or no single one), id and value of every override."""
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            for inner, own in value.items():
                known = name in PARTS and inner in shipped_parameters(name).rows
                yield (name, inner), name if known else "", inner, own
        else:
            parts = _parts_with(name)
            yield (name,), parts[0] if len(parts) == 1 else "", name, value


def _parts_with(name: str) -> list[str]:
    return [part for part in PARTS if name in shipped_parameters(part).rows]


def _expected(keys: tuple[str, ...]) -> str:
    several = _parts_with(keys[-1])
    if several:
        return " or ".join(f"{part}.{keys[-1]}" for part in several)
    names = [name for part in PARTS for name in shipped_parameters(part).rows]
    near = list(dict.fromkeys(get_close_matches(keys[-1], names, 3, 0.6)))
    return f"one of the reference page of parameters; close to it: {', '.join(near)}" if near else (
        "an id of the reference page of parameters"
    )  # fmt: skip


def _range(part: str, parameter: Parameter, text: str) -> str:
    """Say what the value should have been; empty where it will do."""
    default, value = _number(parameter.value), _number(text)
    if default is None or part in ("tis", "adam"):  # judged by their own rooms
        return ""
    if value is None or not math.isfinite(value):
        return "a number"
    low, high, whole = _BOUNDS.get(parameter.id, (abs(default) / _FURTHEST, abs(default) * _FURTHEST, False))
    if parameter.id.endswith("_level"):
        low, high = _LEVEL
    if default < 0:
        low, high = -high, -low
    if low <= value <= high and (not whole or value == int(value)):
        return ""
    return f"a {'whole ' if whole else ''}number from {low:g} to {high:g}"


def _number(text: str) -> float | None:
    try:
        return float(Fraction(text))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None


def _tis() -> Parameters:
    from mitograft.tables.parameters import load_parameters

    return load_parameters("mitograft.outcome", "tis_rules.csv")


def _history() -> Parameters:
    from mitograft.trial.history import load_single_arm_parameters

    return load_single_arm_parameters()


def _seahorse() -> Parameters:
    from mitograft.assays.seahorse.analyse import seahorse_parameters

    return seahorse_parameters()


def _plate() -> Parameters:
    from mitograft.assays.plate.derive import plate_rules

    return plate_rules()


def _myotube() -> Parameters:
    from mitograft.assays.myotube.segment import load_rules

    return load_rules()


def _uptake() -> Parameters:
    from mitograft.assays.uptake.estimates import load_uptake_parameters

    return load_uptake_parameters()


def _product() -> Parameters:
    from mitograft.product.attributes import load_product_parameters

    return load_product_parameters()


def _histology() -> Parameters:
    from mitograft.mouse.histology.analyse import load_histology_parameters

    return load_histology_parameters()


def _function() -> Parameters:
    from mitograft.mouse.function.contract import course_rules

    return course_rules()


def _cytokine() -> Parameters:
    from mitograft.mouse.cytokines.contract import cytokine_rules

    return cytokine_rules()


def _metabolite() -> Parameters:
    from mitograft.mouse.metabolites.contract import load_metabolite_parameters

    return load_metabolite_parameters()


def _infiltrate() -> Parameters:
    from mitograft.mouse.infiltrate.contract import load_infiltrate_parameters

    return load_infiltrate_parameters()


def _expression() -> Parameters:
    from mitograft.mouse.expression.analyse import load_expression_parameters

    return load_expression_parameters()


def _adam() -> Parameters:
    from mitograft.trial.adam import load_settings

    return load_settings()


def _efficacy() -> Parameters:
    from mitograft.trial.efficacy.intercurrent import load_efficacy_settings

    return load_efficacy_settings()


def _safety() -> Parameters:
    from mitograft.trial.safety import load_safety_settings

    return load_safety_settings()


def _regression() -> Parameters:
    from mitograft.trial.history import load_regression_parameters

    return load_regression_parameters()


_LOADERS: Mapping[str, Callable[[], Parameters]] = {
    "tis": _tis,
    "history": _history,
    "seahorse": _seahorse,
    "plate": _plate,
    "myotube": _myotube,
    "uptake": _uptake,
    "product": _product,
    "histology": _histology,
    "function": _function,
    "cytokine": _cytokine,
    "metabolite": _metabolite,
    "infiltrate": _infiltrate,
    "expression": _expression,
    "adam": _adam,
    "efficacy": _efficacy,
    "safety": _safety,
    "regression": _regression,
}
