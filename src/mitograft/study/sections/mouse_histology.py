"""Section: histology: the scheme, scores of the groups, agreement of the raters."""

from mitograft.mouse.histology.analyse import HistologyResult
from mitograft.report.document import Block, Paragraph, Section, Table, TableColumn

__all__ = ["histology_section"]


def histology_section(result: HistologyResult) -> Section:
    """Show how grades become one score a mouse, and how well raters agree."""
    scheme = result.scheme
    raters = len({grade.rater for grade in result.grades})
    lead = (
        f"{len(result.grades)} grades of {raters} raters, scored by the scheme {scheme.name}, version "
        f"{scheme.version}. Groups are compared in the section of the mice."
    )
    blocks: list[Block] = []
    if scheme.flagged:
        blocks.append(Paragraph("The wording of the scheme is not confirmed in its source.", "warning"))
    blocks.append(
        Table(
            "scheme",
            f"Grading scheme {scheme.name}",
            (TableColumn("grade", "Grade", "", "decimal", 1), TableColumn("text", "Meaning")),
            tuple((level.grade, level.text) for level in scheme.levels),
            note=f"Sections by {scheme.aggregation.sections}, blocks by {scheme.aggregation.blocks}, "
            f"muscles by {scheme.aggregation.muscles}.",
        )
    )
    blocks.append(_agreement(result))
    blocks.append(_scores(result))
    return Section("histology", "Histology", lead, tuple(blocks))


def _agreement(result: HistologyResult) -> Table | Paragraph:
    if not result.agreements:
        return Paragraph("One rater alone: agreement cannot be judged.", "note")
    return Table(
        "raters",
        "Agreement of the raters",
        (
            TableColumn("raters", "Raters"),
            TableColumn("kappa", "Weighted kappa", "", "decimal", 2),
            TableColumn("low", "lower limit", "", "decimal", 2),
            TableColumn("high", "upper limit", "", "decimal", 2),
            TableColumn("exact", "Same grade", "share", "decimal", 2),
            TableColumn("difference", "First minus second", "points", "decimal", 2),
            TableColumn("pairs", "Sections", "", "decimal", 0),
            TableColumn("mice", "Mice", "", "decimal", 0),
        ),
        tuple(
            (
                f"{a.first} and {a.second}", a.judged.kappa, a.judged.low, a.judged.high,
                a.judged.exact_agreement,
                a.difference, a.judged.pairs, a.judged.clusters,
            )
            for a in result.agreements
        ),
        note="Quadratic weights over the grades of the scheme, immunised mice only where healthy ones were "
        "graded too; interval clustered by mouse.",
    )  # fmt: skip


def _scores(result: HistologyResult) -> Table:
    return Table(
        "scores",
        "Score of each mouse",
        (
            TableColumn("animal", "Mouse"),
            TableColumn("feature", "Feature"),
            TableColumn("score", "Score", "points", "decimal", 2),
        ),
        tuple((score.animal, score.feature, score.score) for score in result.scores),
        collapsed=True,
    )
