"""The kinds of events that safety tables count: one list for intervals, rates per time and dose trend."""

from mitograft.tables.parameters import Parameters
from mitograft.trial.summary.criteria import Criterion

__all__ = ["event_criteria"]


def event_criteria(settings: Parameters) -> tuple[Criterion, ...]:
    """Return treatment-emergent events: any, related, severe, related and severe, serious; toxicity."""
    emergent, severe = {"TRTEMFL": ("Y",)}, {"ATOXGRN": settings["severe_grade"].number}
    related = {**emergent, "AREL": ("RELATED",)}
    grade = f"grade {settings['severe_grade'].number:g} or higher"
    return (
        Criterion("Any treatment-emergent event", emergent),
        Criterion("Related event", related),
        Criterion(grade.capitalize(), emergent, severe),
        Criterion(f"Related, {grade}", related, severe),
        Criterion("Serious event", {**emergent, "AESER": ("Y",)}),
        Criterion("Dose-limiting toxicity", {"DLTFL": ("Y",)}),
    )
