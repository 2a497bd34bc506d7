"""Write the mouse arm of the virtual study: the files a laboratory would keep of its CIM mice."""

from pathlib import Path

from mitograft.mouse.cytokines.simulate import CytokineTruth, simulate_cytokines
from mitograft.mouse.expression.simulate import ExpressionTruth, GroupExpression, simulate_counts
from mitograft.mouse.function.simulate import (
    CourseTruth,
    FunctionTruth,
    GroupCourse,
    WeightTruth,
    simulate_function,
    simulate_weights,
)
from mitograft.mouse.histology.read_scheme import load_scheme
from mitograft.mouse.histology.simulate import ScoresTruth, simulate_scores
from mitograft.mouse.infiltrate.simulate_colony import ImagesTruth, simulate_images
from mitograft.mouse.metabolites.simulate import MetaboliteTruth, simulate_metabolites
from mitograft.mouse.simulate import ColonyTruth, SimulatedGroup, simulate_colony
from mitograft.seeds import stream
from mitograft.simulation.truth import MouseTruth

__all__ = ["simulate_mice"]

_HEALTHY, _VEHICLE, _LOW, _HIGH = "healthy", "CIM vehicle", "CIM + PN-101 low", "CIM + PN-101 high"


def simulate_mice(folder: Path, seed: int, truth: MouseTruth) -> None:
    """Write animals, scores, weights, function tests, cytokines and counts of healthy and CIM mice."""
    folder.mkdir()
    doses = {_HEALTHY: 0.0, _VEHICLE: 0.0, _LOW: truth.doses[0], _HIGH: truth.doses[1]}
    left = {_HEALTHY: 0.0, _VEHICLE: 1.0, _LOW: truth.left[0], _HIGH: truth.left[1]}
    groups = (
        SimulatedGroup(_HEALTHY, "healthy", "none", 0.0, truth.mice),
        SimulatedGroup(_VEHICLE, "control", "vehicle", 0.0, truth.mice),
        SimulatedGroup(_LOW, "treated", "PN-101", doses[_LOW], truth.mice),
        SimulatedGroup(_HIGH, "treated", "PN-101", doses[_HIGH], truth.mice),
    )
    mice = simulate_colony(ColonyTruth(groups=groups, excluded=1), folder, stream(seed, "mouse", "colony"))
    course = CourseTruth({name: GroupCourse(float(name != _HEALTHY), 1.0 - left[name]) for name in left})
    weights = WeightTruth(course, humane_loss=truth.humane_loss)
    mice = simulate_weights(weights, folder, mice, stream(seed, "mouse", "weights"))
    simulate_function(FunctionTruth(course), folder, mice, stream(seed, "mouse", "function"))
    peak = {name: truth.severity * share if share else -3.0 for name, share in left.items()}
    scheme = load_scheme(truth.scheme)
    simulate_scores(ScoresTruth(peak=peak), mice, scheme, folder, stream(seed, "mouse", "scores"))
    simulate_cytokines(CytokineTruth(left), folder, mice, stream(seed, "mouse", "cytokines"))
    simulate_metabolites(MetaboliteTruth(burden=left), mice, folder, stream(seed, "mouse", "metabolites"))
    if truth.photographed:
        images = ImagesTruth(severity={name: 0.8 * share for name, share in left.items()})
        shown = [m for name in left for m in [m for m in mice if m.group == name][: truth.photographed]]
        (folder / "histology").mkdir()
        simulate_images(images, shown, folder / "histology", stream(seed, "mouse", "images"))
    expression = folder / "expression"
    expression.mkdir()
    simulate_counts(
        ExpressionTruth(
            animals={mouse.id: mouse.group for mouse in mice},
            groups={name: GroupExpression(share, 0.02 + 0.2 * share) for name, share in left.items()},
        ),
        expression,
        stream(seed, "mouse", "expression"),
    )
